# SentinelIQ. `make help` lists what there is; everything needs Python 3.11 or newer, and nothing else.

SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install
WORKERS ?= auto
ARGS ?=

.PHONY: help run test soak bench check lock migration python runtime development clean

help: ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: runtime ## Install, migrate, build and serve on http://localhost:3000 (PORT=…, HOST=… change it)
	@exec $(BIN)/sentineliq run $(if $(HOST),--host $(HOST))

test: development ## Every test: unit, integration, and end to end in Chromium (ARGS=… goes to pytest)
	@$(BIN)/python -m tests.e2e.chromium
	@$(BIN)/python -m tests.sandbox.stripe_cli
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

soak: development ## Random lives of customers for SOAK_MINUTES=10: lives, deliveries, divergences
	@$(BIN)/python -m tests.history.soak

bench: development ## Measure beside a frozen reference and dj-stripe (DB=sqlite|postgres, ROUNDS=5, ONLY=rounds,storm,…)
	@$(BIN)/python -m bench

check: development ## Format, lint, types, dependency directions, secrets, audit
	@echo "ruff format" && $(BIN)/ruff format --check .
	@echo "ruff check" && $(BIN)/ruff check .
	@echo "basedpyright" && $(BIN)/basedpyright
	@echo "import-linter" && $(BIN)/lint-imports
	@$(BIN)/python -m tools.scan
	@$(BIN)/python -m tools.audit

lock: development ## Resolve the dependencies of pyproject.toml anew into the lock files
	$(RESOLVE) --extra build -o requirements.lock
	$(RESOLVE) --extra build --extra dev --extra otel -c requirements.lock -o requirements-dev.lock

migration: development ## Write a migration from the development database to the models (M="what changes")
	$(BIN)/sentineliq db upgrade && $(BIN)/sentineliq db revision "$(M)"

clean: ## Remove what was installed and built; the data folder stays
	rm -rf $(VENV) .web .states

RESOLVE = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet

# A lock file is installed once: its copy, with pyproject.toml, is kept in the virtual environment.
define install
	@cat $(1) pyproject.toml | cmp -s - $(VENV)/$(1) || { \
	echo "Installing $(1)" && \
	$(PIP) --require-hashes -r $(1) && \
	$(PIP) --quiet --no-deps --no-build-isolation -e . && \
	cat $(1) pyproject.toml > $(VENV)/$(1); }
endef

runtime: python
	$(call install,requirements.lock)

development: runtime
	$(call install,requirements-dev.lock)

python:
	@test -x $(BIN)/python || for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		echo "Making $(VENV) with $$($$python --version)"; \
		$$python -m venv $(VENV) && exit; \
		rm -rf $(VENV); \
	done
	@test -x $(BIN)/python || { echo "Python 3.11 or newer is needed (on Debian: python3 and python3-venv)." >&2; exit 1; }
