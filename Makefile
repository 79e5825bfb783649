# Everything runs from a fresh clone with python3 (3.11 or later), make and the package registries.
#
#   make demo ARGS='--file movie.mp4'   make test   make check   make bench   make fmt   make clients
#   make soak   make lock   make clean

PYTHON ?= python3
ARGS ?=
PYTEST_ARGS ?= -n 3 --dist loadgroup
export UV

BIN := .venv/bin
READY := .venv/.ready
WEB := web/dist/.built
WEB_SOURCES := $(shell find web \( -path web/node_modules -o -path web/dist \) -prune -o -type f -print 2>/dev/null)
DOCKERFILES := $(wildcard Dockerfile.api Dockerfile.worker)
COMPOSE := $(wildcard docker-compose.yml)

.PHONY: help setup web demo test check bench fmt clients lock clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# *//p' Makefile | head -4

setup: $(READY) web

$(READY): requirements-dev.lock pyproject.toml scripts/bootstrap.py
	@$(PYTHON) scripts/bootstrap.py install >&2
	@$(BIN)/python -m compileall -q api cli migrations shared worker
	@touch $@

ifneq ($(wildcard web/package.json),)
web: $(WEB)
else
web:
	@echo "web/package.json is not there: no web assets are built."
endif

$(WEB): $(READY) $(WEB_SOURCES)
	@$(PYTHON) scripts/bootstrap.py npm ci --no-audit --no-fund >&2
	@$(PYTHON) scripts/bootstrap.py npm run build >&2
	@touch $@

demo: setup
	@$(BIN)/vms demo $(ARGS)

test: setup
	$(BIN)/pytest -m "not soak" $(PYTEST_ARGS)

# Twenty jobs while everything that can die dies: two minutes, alone on the machine.
.PHONY: soak
soak: setup
	$(BIN)/pytest -m soak -n 0

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
ifneq ($(DOCKERFILES),)
	$(BIN)/hadolint $(DOCKERFILES)
endif
ifneq ($(COMPOSE),)
	@if grep -nP '\t' $(COMPOSE); then echo "$(COMPOSE): YAML is indented with spaces" >&2; exit 1; fi
	@! docker compose version >/dev/null 2>&1 || docker compose -f $(COMPOSE) config --quiet
endif
	@echo "All checks passed."

bench: setup
	@$(BIN)/python -m bench $(ARGS)

# Film, a screen recording and grainy film against the bare ladder; two workers against one; the wait for a first segment.
.PHONY: bench-encode
bench-encode: setup
	@$(BIN)/python -m bench.encode $(ARGS)

# A million videos take ten minutes to seed: ARGS='--data-dir D' keeps them for the next run, ARGS=--quick is short.
.PHONY: bench-api
bench-api: $(READY)
	@$(BIN)/python -m bench.api $(ARGS)

# The dashboard over ten million daily rows against 100 000, and players' events a second against an endpoint that does nothing.
.PHONY: bench-analytics bench-beacon
bench-analytics: $(READY)
	@$(BIN)/python -m bench.analytics $(ARGS)

bench-beacon: $(READY)
	@$(BIN)/python -m bench.beacon $(ARGS)

fmt: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Run it after every change of the API: the tests fail while a client is older than the API.
clients: $(READY)
	@$(BIN)/python scripts/clients.py

# Without --upgrade, uv keeps the versions that are locked already: make lock ARGS=--upgrade moves them.
lock:
	$(PYTHON) scripts/bootstrap.py uv pip compile --quiet $(ARGS) --generate-hashes --no-emit-index-url --no-header \
	    --universal pyproject.toml -o requirements.lock
	$(PYTHON) scripts/bootstrap.py uv pip compile --quiet $(ARGS) --generate-hashes --no-emit-index-url --no-header \
	    --all-extras --group dev --universal pyproject.toml -o requirements-dev.lock
	$(PYTHON) scripts/bootstrap.py uv pip compile --quiet $(ARGS) --generate-hashes --no-emit-index-url --no-header \
	    --universal --python-version 3.11 clients/generators/requirements.in -o clients/generators/requirements.lock

clean:
	rm -rf .uv .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache web/dist web/node_modules \
	    clients/generators/.venv clients/generators/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
