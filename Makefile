# Everything a person or CI runs. Needs make and Python 3.11 or newer; the rest is installed into .venv.

PYTHON ?= python3
BASE ?= python:3.13-slim
IMAGE ?= fileport
# More than there are cores: most integration tests wait for real parts.
JOBS ?= 5

BIN := .venv/bin
# A module stays on one worker, with the servers that its tests share. Modules begin in the order of their names: otherwise
# the longest tests, alone in their modules, would come last. A test that ends its process is run again: that ends the run.
PARALLEL := --dist loadscope --no-loadscope-reorder --max-worker-restart 1
INSTALLED := .venv/.installed
# A tus client, readers of archives and AWS's SDK, for tests that are skipped where npm is missing.
NODE_PROJECTS := $(addprefix tests/integration/outside/,tus_js zip_readers s3/js)
NODE_MODULES := $(addsuffix /node_modules/.package-lock.json,$(NODE_PROJECTS))
# Programs and libraries of Python that speak S3, for tests that are skipped where they cannot be installed.
S3_CLIENTS := tests/integration/outside/s3/clients
UV_COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --quiet --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help install run test unit integration coverage check audit soak bench storm image lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## prepare .venv from the hashed lock

run: $(INSTALLED) ## serve, with the embedded Postgres unless FILEPORT_DATABASE_URL is set
	@exec $(BIN)/fileport serve

test: $(INSTALLED) $(NODE_MODULES) $(S3_CLIENTS)/.venv/.installed ## all tests
	$(BIN)/pytest -n $(JOBS) $(PARALLEL) tests/integration tests/unit

coverage: $(INSTALLED) ## the tests on fakes, and the part of domain and service that they run
	$(BIN)/pytest -n auto $(PARALLEL) tests/unit --cov --cov-fail-under=95

unit: $(INSTALLED) ## the tests on in-memory fakes
	$(BIN)/pytest -n auto $(PARALLEL) tests/unit

integration: $(INSTALLED) $(NODE_MODULES) $(S3_CLIENTS)/.venv/.installed ## the tests on the embedded stack and, where Docker answers, on containers
	$(BIN)/pytest -n $(JOBS) $(PARALLEL) tests/integration

# Keep compiled modules, whatever the environment says: tests start Python hundreds of times.
test unit integration coverage: export PYTHONDONTWRITEBYTECODE :=

check: $(INSTALLED) ## lint, format, types, import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(INSTALLED) ## ask the advisory database about the locked dependencies; needs a network
	$(BIN)/uv tool run pip-audit --requirement requirements.lock --require-hashes --disable-pip

soak: $(INSTALLED) ## kill servers at random under load; MINUTES, KILLS, SEED, STACK, REPLICAS, CLIENTS
	$(BIN)/python -m tests.harness.soak --seed $(or $(SEED),1) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(KILLS),--kills $(KILLS)) \
		--stack $(or $(STACK),embedded) --replicas $(or $(REPLICAS),1) --clients $(or $(CLIENTS),6) \
		$(if $(KILL_POSTGRES),--kill-postgres)

bench: $(INSTALLED) ## measure beside others; ONLY, TINY, RESULTS
	$(BIN)/python -m bench $(if $(TINY),--tiny) $(if $(ONLY),--only $(ONLY)) --results $(or $(RESULTS),bench/results)

storm: $(INSTALLED) ## start 500 clients at once on one server
	$(BIN)/python -m bench.storm

# The classic builder does not ask a registry about a base image that this machine has.
image: ## build the container image; BASE=... for another base
	DOCKER_BUILDKIT=0 docker build --build-arg BASE=$(BASE) -t $(IMAGE) .

# The runtime lock takes the versions of the full one, so the image runs the code that the tests ran.
lock: $(BIN)/uv ## pin again from pyproject.toml; UPGRADE=1 takes the newest versions
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra embedded --group dev --group bench --output-file requirements.lock
	$(UV_COMPILE) pyproject.toml --constraint requirements.lock --upgrade --output-file requirements-runtime.lock
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) $(S3_CLIENTS)/requirements.in --output-file $(S3_CLIENTS)/requirements.lock

clean: ## remove .venv, caches and builds; data stays
	rm -rf .venv .coverage .coverage.* htmlcov dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache $(addsuffix /node_modules,$(NODE_PROJECTS)) $(S3_CLIENTS)/.venv
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --no-build-isolation: the build backend too comes from the lock.
$(INSTALLED): pyproject.toml requirements.lock | $(BIN)/uv
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_MODULES): %/node_modules/.package-lock.json: %/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix $* --ignore-scripts --no-audit --no-fund --silent || \
		echo 'npm could not install $*: its tests are skipped.' >&2; fi

$(S3_CLIENTS)/.venv/.installed: $(S3_CLIENTS)/requirements.lock | $(BIN)/uv
	@{ $(BIN)/uv venv --quiet --clear --python $(BIN)/python $(S3_CLIENTS)/.venv && \
		$(BIN)/uv pip sync --quiet --python $(S3_CLIENTS)/.venv/bin/python --require-hashes $< && touch $@; } || \
		{ rm -rf $(@D); echo 'The S3 clients cannot be installed: their tests are skipped.' >&2; }

$(BIN)/uv: | $(BIN)/python
	@uv=$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock 2>/dev/null); \
	if $(BIN)/python -m pip --version >/dev/null 2>&1; then pip="$(BIN)/python -m pip"; \
	else pip="$(PYTHON) -m pip --python $(BIN)/python"; fi; \
	$$pip install --quiet --disable-pip-version-check $${uv:-uv}

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Fileport needs Python 3.11 or newer: make PYTHON=/path/to/python3' >&2; exit 1; }
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv .venv; \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then $(PYTHON) -m venv --without-pip .venv; \
	else echo '$(PYTHON) has neither ensurepip nor pip: install one (Debian: apt-get install python3-venv)' >&2; exit 1; fi
