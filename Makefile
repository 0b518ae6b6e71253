# make demo, make test: the environment is made once, in .venv, and again when pyproject.toml changes.
PYTHON ?= python3
# Named before the extra: a range may bring a build of several gigabytes for a GPU.
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-all lint format corpus readme clean

demo: $(VENV)/.run
	@echo "The entities of examples/article.txt, with the types of examples/schema.yaml:"; echo
	@$(BIN)/samner extract examples/article.txt --schema examples/schema.yaml
	@echo; echo "One sentence, and what each of the three stages saw and decided:"; echo
	@$(BIN)/samner extract "Ann Druyan chose Beethoven for the record that left Earth on Voyager 1." \
		--schema examples/schema.yaml --explain
	@echo; echo "Your turn: $(BIN)/samner extract \"Your text or file\" --labels person,city"

test: $(VENV)/.dev lint
	$(BIN)/mypy
	$(BIN)/pytest -q -m "not slow and not train and not extra"

test-all: $(VENV)/.train $(VENV)/.llm lint
	$(BIN)/mypy
	$(BIN)/pytest -q

lint: $(VENV)/.dev
	$(BIN)/ruff format --check src tests scripts
	$(BIN)/ruff check src tests scripts

format: $(VENV)/.dev
	$(BIN)/ruff format src tests scripts
	$(BIN)/ruff check --fix src tests scripts

# Checks corpus/ against its sums; with CORPUS=DIR brings the master's files in first (see scripts/sync_corpus.py).
corpus:
	@$(PYTHON) scripts/sync_corpus.py $(CORPUS)

# Writes the results into README.md from bench/results/*.json; fails where one is missing.
readme: $(VENV)/.run
	@$(BIN)/python -m samner.bench.readme

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "samner needs Python 3.10 or newer: make PYTHON=python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "no venv module: on Debian run apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(VENV)/.train: pyproject.toml $(VENV)/.dev | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,train,tensorboard,serve,ray,spark,graph,discover,spacy,datasets,presidio]' 'pyshacl>=0.26' 'schemathesis>=4' 'label-studio-sdk>=1.0'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[browser]'
	@touch $@

# llama.cpp is built once, for its server and for the binding: see the script. Without a compiler its tests are skipped.
$(VENV)/.llm: pyproject.toml scripts/build_llama_server.py $(VENV)/.train
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[openai,transformers]' 'gguf>=0.10'
	-$(BIN)/python scripts/build_llama_server.py && CMAKE_ARGS=-DLLAMA_BUILD=OFF $(BIN)/python -m pip install --quiet \
		--disable-pip-version-check $$($(BIN)/python scripts/build_llama_server.py --requirement)
	@touch $@
