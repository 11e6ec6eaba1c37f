# Bihuan (闭环). `make help` lists everything; the two that matter are `make demo` and `make test`.
SHELL := /bin/bash
.DELETE_ON_ERROR:
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= var/demo
PORT ?= 8080
TICKETS ?= 300
STAMP := $(VENV)/.made
WEB := web/node_modules/.built
WEB_SOURCES := $(shell find web/apps web/features web/shared web/scripts web/*.ts web/*.json web/.npmrc -type f 2>/dev/null)
# Node comes with the locked Python packages: nothing but Python is asked of the machine.
NODE := $(abspath $(BIN))

.PHONY: help demo test test-long lint format types imports web-lint web-test browser scanner bench lock setup clean wheel audit licences sbom wheelhouse

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP) $(WEB) ## Build all that `demo` and `test` need: virtual environment, locked packages, the web app

$(STAMP): requirements-dev.lock pyproject.toml
	@if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	  echo 'Python 3.11 or newer is needed; say which: make PYTHON=python3.12'; exit 1; fi
	@# Debian ships venv apart from Python.
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'installing python3-venv'; \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq python3-venv; \
	  else sudo apt-get update -qq && sudo apt-get install -y -qq python3-venv; fi; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@mkdir -p web/dist
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@sh web/scripts/node.sh $(BIN)
	@touch $@

$(WEB): $(STAMP) web/package-lock.json $(WEB_SOURCES)
	cd web && PATH="$(NODE):$$PATH" npm ci --silent
	cd web && PATH="$(NODE):$$PATH" npm run --silent build
	@touch $@

demo: setup ## Seed a demo desk and leave it running, with its addresses and logins on the screen
	$(BIN)/bihuan demo --data $(DATA) --port $(PORT) --tickets $(TICKETS)

test: setup browser scanner lint web-test ## Every check that CI runs; what is long is sampled, in one order with one draw
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0 -p randomly --randomly-seed=1

test-long: setup browser scanner lint web-test ## The same tests, whole, shuffled and drawn anew; prints seeds and figures
	BIHUAN_TEST_LONG=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0 --timeout 3000

lint: setup format types imports web-lint ## Formatting, rules, types, and who may import whom

format: setup
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench

types: setup
	$(BIN)/pyright --pythonpath $(BIN)/python

imports: setup
	$(BIN)/lint-imports

web-lint: setup ## Rules, formatting and types of the web app; its client against the operations that run
	cd web && PATH="$(NODE):$$PATH" npm run --silent lint
	cd web && PATH="$(NODE):$$PATH" npm run --silent client:check
	cd web && PATH="$(NODE):$$PATH" npm run --silent types

web-test: setup ## Unit tests of the web app, and what a first visit loads
	cd web && PATH="$(NODE):$$PATH" npm test --silent
	cd web && PATH="$(NODE):$$PATH" npm run --silent size

browser: ## Chromium and a CJK font from Debian, which the journeys need
	@{ test -x /usr/bin/chromium && fc-list 2>/dev/null | grep -qi 'noto.*cjk'; } || { \
	  echo 'installing chromium and fonts-noto-cjk'; as=; [ "$$(id -u)" = 0 ] || as=sudo; \
	  $$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    chromium fonts-noto-cjk fontconfig >/dev/null; }

scanner: ## A malware scanner from Debian, which the tests of files ask
	@test -x /usr/sbin/clamd || { \
	  echo 'installing clamav-daemon'; as=; [ "$$(id -u)" = 0 ] || as=sudo; \
	  $$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    clamav-daemon >/dev/null; }

bench: setup ## The performance figures, each against the physical limit of the same run
	$(BIN)/python bench/create.py --check
	$(BIN)/python bench/verify.py --check
	$(BIN)/python bench/fork.py --check
	$(BIN)/python bench/live.py --check
	$(BIN)/python bench/privacy.py --check
	$(BIN)/python bench/sla.py --check

lock: setup ## Resolve the locks anew
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-header --extra dev --extra ocr -c requirements.lock pyproject.toml -o requirements-dev.lock

wheel: setup ## Build the wheel
	$(BIN)/python -m hatchling build -t wheel

audit: setup ## Known weaknesses of the locked packages, Python and npm (asks the registries, so not in `make test`)
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements.lock
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements-dev.lock
	cd web && PATH="$(NODE):$$PATH" npm audit --audit-level=low

licences: setup ## Every package's licence, against release/licences.yaml
	$(BIN)/python release/licences.py

sbom: setup ## The bill of materials, CycloneDX JSON
	$(BIN)/python release/sbom.py dist/bihuan.sbom.cdx.json

wheelhouse: wheel sbom ## All that an air-gapped install needs in dist/wheelhouse, and one try of it without a network
	rm -rf dist/wheelhouse && mkdir -p dist/wheelhouse
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
	  -r requirements.lock -d dist/wheelhouse
	cp dist/bihuan-*.whl requirements.lock dist/bihuan.sbom.cdx.json release/install.sh LICENSE dist/wheelhouse/
	cd dist/wheelhouse && sha256sum $$(ls | grep -v SHA256SUMS) > SHA256SUMS
	sh release/try_install.sh dist/wheelhouse

clean: ## Remove what was built; data folders stay
	rm -rf $(VENV) dist web/dist web/node_modules .pytest_cache .ruff_cache .hypothesis .import_linter_cache
