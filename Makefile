# The two commands are `make demo` and `make test`; both set up what they need.
PYTHON ?= python3
VENV ?= .venv
ARTICLES ?= $(wildcard data/examples/*.jsonl)
MISMATCH_CORPORA ?= ../shared/corpora

# Absolute, and only where the folder is there: code then need not know where it was started.
override MISMATCH_CORPORA := $(realpath $(MISMATCH_CORPORA))
ifneq ($(MISMATCH_CORPORA),)
export MISMATCH_CORPORA
else
unexport MISMATCH_CORPORA
endif

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt

.DELETE_ON_ERROR:
.PHONY: demo test test-engines lint bench train clean

demo: $(VENV)/.ready-demo  ## score the example articles, or ARTICLES=file
	@$(BIN)/mismatch score --table $(ARTICLES)

test: lint  ## lint, types, tests, doctests and notebooks
	@$(BIN)/python -m pytest -q $(PYTEST_FLAGS)

test-engines: $(VENV)/.ready-engines  ## the recipes on Ray, Spark and others; needs Java
	@$(BIN)/python -m pytest -q tests/engines

# Their warnings of what later releases would change are theirs; the newest releases may give none.
OLDEST := -o filterwarnings=default --disable-warnings --deselect tests/test_packaging.py
test-oldest: $(VENV)-oldest/.ready  ## the tests on the oldest releases that pyproject.toml allows
	@$(VENV)-oldest/bin/python -m pytest -q $(OLDEST) $(PYTEST_FLAGS)

lint: $(VENV)/.ready-dev
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary

bench: $(VENV)/.ready-dev  ## measure against the peers; needs the corpora
	@$(BIN)/python benchmarks/run.py $(BENCH_FLAGS)

train: $(VENV)/.ready-dev  ## rebuild every shipped number; needs the corpora
	@$(BIN)/python -m mismatch.training $(TRAIN_FLAGS)

clean:
	rm -rf $(VENV) $(VENV)-oldest build dist .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Set-up runs again only when what it reads has changed.
$(BIN)/python:
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready-demo: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing headline-mismatch (once; a few minutes)"
	@$(PIP) -e .
	@touch $@

$(VENV)/.ready-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing headline-mismatch and its development tools (once; a few minutes)"
	@$(PIP) -e '.[dev]'
	@touch $(VENV)/.ready-demo $@

$(VENV)/.ready-engines: $(VENV)/.ready-dev
	@echo "Installing the engines that docs/recipes are tested on (once; a few minutes)"
	@$(PIP) -e '.[engines]'
	@touch $@

$(VENV)-oldest/.ready: pyproject.toml constraints.txt constraints-oldest.txt
	@echo "Installing the oldest releases that headline-mismatch runs on (once; a few minutes)"
	@$(PYTHON) -m venv $(VENV)-oldest
	@$(PIP:$(BIN)/%=$(VENV)-oldest/bin/%) -c constraints-oldest.txt -e '.[tables,plots,test,train]'
	@touch $@
