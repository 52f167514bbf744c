# Every command of the house. The same ones run on your machine and in CI; `make` alone lists them.
# A stamp in .venv/.stamps says what is installed, so a second run with nothing changed starts at once.

PYTHON ?= python3
JOBS ?= 2
SPREAD = -n $(JOBS) --dist worksteal
BIN := .venv/bin
STAMPS := .venv/.stamps
PIP := $(BIN)/pip --disable-pip-version-check install -qq
COMPILE := CUSTOM_COMPILE_COMMAND="make pins" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links
SETS := base server test visitor bench long

# What Python has compiled is kept: else each process of a run, and the tests start many, compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test unit database postgresql browser bare lint format types arrows long soak bench docs proof pins install chromium paper clean

help: ## This list
	@awk 'BEGIN {FS = ":.*## "; print "Upheld. What you can run here:\n"} /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2} \
	END {print "\nThe first run installs what it needs into .venv, pinned with hashes. PYTHON=python3.12 picks another Python (3.11 or newer)."}' $(MAKEFILE_LIST)

demo: $(STAMPS)/server ## All sites up on this machine; they hold no personal data
	$(BIN)/upheld demo

test: $(STAMPS)/test chromium paper ## Everything that must hold before a change is taken: lint, types, arrows, all tests
	@JOBS=$(JOBS) .ci/tiers

unit: $(STAMPS)/test ## Only the fast tests, under a minute
	$(BIN)/pytest $(SPREAD) -m "not database and not browser and not bare and not long and not soak" tests

database: $(STAMPS)/test paper ## Only the tests with databases or a running server, on SQLite
	$(BIN)/pytest $(SPREAD) -m "database and not browser and not long and not soak" tests

postgresql: $(STAMPS)/test paper ## Only the tests with databases, on PostgreSQL: this machine's, or one that is started for them
	$(BIN)/pytest $(SPREAD) --postgresql -m "not browser and not bare and not long and not soak" tests

browser: $(STAMPS)/test chromium paper ## Only the journeys in a browser; they leave pictures of the pages in tests/journeys/shots
	$(BIN)/pytest $(SPREAD) --pictures -m "browser and not long and not soak" tests/journeys

bare: $(STAMPS)/test ## Only the pure library in an empty environment, and a demo proven whole, whose bundle it verifies
	$(BIN)/pytest -m bare tests

lint: $(STAMPS)/test ## ruff over all code
	$(BIN)/ruff check
	$(BIN)/ruff format --check --output-format concise || { echo "some files are not formatted: run make format"; exit 1; }

format: $(STAMPS)/test ## Put all code into the one format
	$(BIN)/ruff check --fix --quiet --exit-zero
	$(BIN)/ruff format

types: $(STAMPS)/test ## mypy, strict: the pure floors, then the floors that know Django
	$(BIN)/mypy
	$(BIN)/mypy --config-file mypy-server.ini

arrows: $(STAMPS)/test ## import-linter: an arrow only points down
	$(BIN)/lint-imports

long: $(STAMPS)/long chromium ## Fuzzing and mutation testing, an hour or so
	$(BIN)/pytest -n $(JOBS) -m long --timeout 7200 tests || [ $$? -eq 5 ] # 5: no such test yet
	.ci/mutants

soak: $(STAMPS)/test chromium ## The site under load for as long as SOAK_MINUTES says (60)
	SOAK_MINUTES=$${SOAK_MINUTES:-60} $(BIN)/pytest -m soak --timeout 0 tests || [ $$? -eq 5 ]

bench: $(STAMPS)/bench ## Our figures beside those of others, in one run
	@[ -e bench/run.py ] || { echo "nothing to measure yet"; exit 0; }; $(BIN)/python -m bench.run

docs: $(STAMPS)/test ## Write the generated pages of docs/ anew
	$(BIN)/python -m tests.house.pages

proof: $(STAMPS)/test ## Prove each policy over a fresh demo, and write docs/proof.md from it; some minutes
	.ci/proof
	$(BIN)/python -m tests.house.pages

pins: $(STAMPS)/test ## Resolve requirements/*.in anew into pinned files with hashes
	for set in $(SETS); do $(COMPILE) $(PINS) --output-file requirements/$$set.txt requirements/$$set.in || exit 1; done

install: $(STAMPS)/bench ## Only install, everything

chromium: $(STAMPS)/test
	@.ci/chromium

paper: $(STAMPS)/test
	@.ci/paper

clean: ## Forget .venv, caches and pictures
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist mutants tests/journeys/shots

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Upheld needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv || { echo "no venv module: on Debian, apt-get install python3-venv"; rm -rf .venv; exit 1; }

# One set at a time; the package itself is laid on top without asking for anything more.
$(STAMPS)/%: requirements/%.txt pyproject.toml | .venv/bin/python
	$(PIP) --require-hashes --requirement $<
	$(PIP) --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMPS) && touch $@
