"""`samner serve`: one model behind HTTP, its requests batched together, and a page at `/`.

`app.create_app(ner, settings)` is the ASGI application, `run.run(ner, settings)` the server around it. Needs the extra
`serve`; nothing here is imported before the command asks for it.
"""
