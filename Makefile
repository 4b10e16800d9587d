# One command for each thing a person wants; each sets up .venv first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
USE    := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev
PEER   := .venv-peer
C      := setup.py $(wildcard locktrace/agent/csrc/*.[ch] locktrace/launch/inject/csrc/*.c)

.PHONY: help demo test check bench screenshot corpus clean
help:            ## this list
	@grep -hE '^[a-z-]+: .*##|^[a-z-]+:  +##' $(MAKEFILE_LIST) | sed 's/:.*## */\t/' | expand -t 14

# Installed anew where the C sources have changed, for what an old build of them does is a riddle.
$(USE): pyproject.toml $(C)
	@$(PYTHON) -c 'import sys; sys.exit("locktrace needs Python 3.11 or newer (PYTHON=... picks one)" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(DEV): $(USE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,demo-redis]'
	@touch $@

demo: $(USE)    ## the story: a DNS server hangs, and the screen shows why
	@$(BIN)/locktrace demo

test: $(DEV)    ## the whole test suite
	$(BIN)/python -m pytest -n 4 --dist worksteal  # half of their time the tests wait

check: $(DEV)  ## ruff, mypy --strict, import-linter, then the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

# ddtrace, the peer of the benchmarks, in an environment of its own; without it they leave it out.
$(PEER):
	$(BIN)/python -m venv $(PEER)
	@$(PEER)/bin/python -m pip install --quiet --disable-pip-version-check ddtrace \
	    || echo "bench: ddtrace cannot be installed here, so its columns stay empty"

bench: $(USE) $(PEER)  ## measure, keep the numbers, and fill in the tables of the README
	BENCHMARK_PEER_PYTHON=$(PEER)/bin/python $(BIN)/python -m benchmarks --keep locks queries stall
	@if command -v python3.14 >/dev/null; \
	    then BENCHMARK_PYTHON=python3.14 BENCHMARK_ROUNDS=51 $(BIN)/python -m benchmarks --keep locks; \
	    else echo "bench: there is no python3.14 in PATH, so its targets are those of the last run"; fi
	$(BIN)/python -m benchmarks.readme

screenshot: $(USE) ## draw docs/screen.svg again from a live demo
	$(BIN)/python docs/screenshot.py docs/screen.svg

corpus: $(DEV)   ## run the corpus of lock bugs and write docs/corpus.md
	$(BIN)/python -m docs.corpus

clean:           ## remove .venv and caches
	rm -rf $(VENV) $(PEER) .mypy_cache .ruff_cache .pytest_cache build dist *.egg-info
