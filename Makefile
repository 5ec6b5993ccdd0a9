# Every target does its own set-up; PYTHON picks the interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Debian and Ubuntu keep the module venv in a package of its own; it is fetched where nobody has to be asked
VENV_PACKAGE = $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
AS_ROOT = $$([ "$$(id -u)" = 0 ] || echo sudo -n)
GET_VENV = command -v apt-get >/dev/null && echo "Installing $(VENV_PACKAGE) …" && $(AS_ROOT) apt-get -qq update && $(AS_ROOT) apt-get -qq --yes --no-install-recommends install $(VENV_PACKAGE) >/dev/null
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help setup setup-dev browser demo test bench bench-accuracy soak lint lock messages clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(VENV)/.setup: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 || { $(GET_VENV) && $(PYTHON) -m venv --clear $(VENV); } || { echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: sudo apt-get install $(VENV_PACKAGE)" >&2; exit 2; }
	@echo "Installing Regulars into $(VENV) …"
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.setup-dev: requirements-dev.lock $(VENV)/.setup
	@echo "Installing the tools of the tests …"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

setup: $(VENV)/.setup ## makes .venv with the locked dependencies and the program
setup-dev: $(VENV)/.setup-dev ## the same with the tools of the tests

browser: setup-dev ## finds or installs the Chromium that the browser tests drive
	@sh tests/browser.sh $(BIN)/python

demo: setup ## a store, the plugin and two years of purchases, on this machine
	@$(BIN)/regulars demo $(ARGS)

test: setup-dev browser ## the whole suite, PostgreSQL and browser included
	@$(BIN)/python -m tests.lanes $(ARGS)

bench: setup-dev ## speed and memory, side by side with named alternatives
	@$(BIN)/python -m tests.benchmarks $(ARGS)

bench-accuracy: setup-dev ## how well the signals predict, beside the rules of others
	@$(BIN)/python -m tests.benchmarks.bench_accuracy $(ARGS)

soak: setup-dev browser ## the long campaigns; a part: ARGS="tests/simulator --first-seed 250000 --seeds 50000"
	@$(BIN)/python -m pytest -m soak $(ARGS)

lint: setup-dev ## style, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lock: ## brings the lock files to the newest releases (needs uv)
	@uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade -o requirements.lock
	@uv pip compile pyproject.toml --extra build --extra aws --extra dev -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -o requirements-dev.lock

messages: setup-dev ## brings the translations' catalogues up to date
	@$(BIN)/python -m tests.house.messages

clean: ## removes what these targets made
	rm -rf $(VENV) *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
