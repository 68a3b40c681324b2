# make demo    the whole story on invented schools, from nothing
# make demo PROGRAMME=lipetsk    what another programme does, on a small invented region
# make test    the suite, on SQLite and PostgreSQL
# make lint    ruff       make types   mypy       make bench   the measurements
# make lock    new pins   make clean   leave nothing behind
#
# VENV=folder, PY=python3.12 and PYTEST_FLAGS="-n 0 tests/states" can be given.

VENV ?= .venv
PY ?= $(shell command -v python3.11 || echo python3)
PYTEST_FLAGS ?= -n auto --dist loadgroup
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install -q --python $(BIN)/python -c requirements.lock -b requirements.lock

# Prefect tells nobody about us, and keeps its files out of the user's home.
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY := false
export PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS := false
export PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS := 90

.PHONY: demo install test lint format types bench lock clean

demo: $(VENV)/.installed
	$(BIN)/opora demo $(if $(PROGRAMME),--programme $(PROGRAMME))

install: $(VENV)/.installed

test: $(VENV)/.installed-for-work
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

lint: $(VENV)/.installed-for-work
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.installed-for-work
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.installed-for-work
	$(BIN)/mypy

bench: $(VENV)/.installed-for-work
	$(BIN)/python -m bench

# pip before 23.3 takes `a[b]` and `a` for two projects, and each must be pinned.
NAME_TWICE = import pathlib, re, sys; lock = pathlib.Path(sys.argv[1]); \
  lock.write_text(re.sub(r"(?m)^([\w.-]+)\[.+?\](.*(?:\n +--hash.*)*)", r"\1\2\n\g<0>", lock.read_text()))

# Versions and hashes, no addresses: pip and uv take them from whatever registry the machine is set to.
lock: $(VENV)/.made
	$(BIN)/uv pip compile -q pyproject.toml --group test --group lint --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --no-strip-extras \
	  --upgrade -o requirements.lock
	$(BIN)/python -c '$(NAME_TWICE)' requirements.lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv installs the locked stack in seconds where pip needs a minute; without it pip does.
$(VENV)/.made:
	@echo "making an environment in $(VENV) with $(PY)"
	@$(PY) -c 'import sys; sys.exit("Opora needs Python 3.11 or newer: make PY=...") if sys.version_info < (3, 11) else None'
	@$(PY) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --only-binary :all: uv \
	  || echo "no uv for this machine: pip will do, more slowly" >&2
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml requirements.lock
	@echo "installing what requirements.lock names"
	@if [ -x $(BIN)/uv ]; then $(UV) -e .; else $(MAKE) --no-print-directory $(VENV)/.installed-by-pip; fi
	@touch $@

$(VENV)/.installed-for-work: $(VENV)/.made pyproject.toml requirements.lock
	@echo "installing what requirements.lock names, and the tools for work on Opora"
	@if [ -x $(BIN)/uv ]; then $(UV) --group test --group lint -e .; \
	  else $(MAKE) --no-print-directory $(VENV)/.installed-by-pip; fi
	@touch $(VENV)/.installed $@

$(VENV)/.installed-by-pip: $(VENV)/.made pyproject.toml requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

docs: install  ## Draw the pages that are made from the code
	$(BIN)/python -m states.diagram > docs/states.md
