"""Types for users who do not know theirs yet: what a corpus speaks of, clustered, named, written as a schema to edit.

texts ── spans ──> names with vectors ── clusters ──> clusters ── naming ──> proposals ── schema_file ──> YAML
"""
