# Two commands for a newcomer: make demo, make test. Everything else is for people who change the code.
# The first Python that runs (a pyenv shim may stand on PATH and not run) and has a version that serves.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
UV = $(firstword $(shell command -v uv 2>/dev/null) .venv-tools/bin/uv)
COMPILE = $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
PACKAGES := flows extract scoring reporting delivery store config contracts
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test check coverage types lint fmt bench soak gallery lock lock-check clean clean-demo setup setup-dev

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

demo: setup ## make the demo company, run it, and say what to open
	@$(BIN)/cem demo

test: setup-dev ## set up everything for development, then check
	@$(MAKE) --no-print-directory check

check: lint types ## format, lint, types, layers, dead code, spelling, every test
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

coverage: setup-dev ## every test once more, with the lines that none of them runs
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup --cov

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/vulture
	$(BIN)/typos

types:
	$(BIN)/mypy
	$(BIN)/mypy --strict bootstrap.py

fmt: ## write the format and what ruff can mend
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/ruff format .

bench: setup-dev ## print the benchmark ratios
	$(BIN)/python -m benchmarks

soak: setup-dev ## kill runs at every step and at random on both databases (KILLS=500 each)
	$(BIN)/python -m tests.faults.soak --kills $(or $(KILLS),500)

gallery: setup-dev ## take the pictures of the README from a finished demo (DEMO=folder)
	PYTHONPATH=. $(BIN)/python docs/gallery/make_pictures.py --workspace $(or $(DEMO),.)

lock: setup-dev ## renew requirements/*.txt from pyproject.toml and tools.in
	$(COMPILE) --upgrade requirements/tools.in -o requirements/tools.txt
	$(COMPILE) --upgrade pyproject.toml -o requirements/run.txt
	$(COMPILE) --upgrade pyproject.toml --extra dev -c requirements/run.txt -o requirements/dev.txt

lock-check: setup-dev ## prove that requirements/*.txt are in step with pyproject.toml (asks the index)
	@rm -rf .lock-check && mkdir .lock-check && cp requirements/*.txt .lock-check/
	@$(COMPILE) requirements/tools.in -o .lock-check/tools.txt
	@$(COMPILE) pyproject.toml -o .lock-check/run.txt
	@$(COMPILE) pyproject.toml --extra dev -c requirements/run.txt -o .lock-check/dev.txt
	@for name in tools run dev; do diff requirements/$$name.txt .lock-check/$$name.txt || \
		{ echo "requirements/$$name.txt is out of step: make lock"; exit 1; }; done
	@rm -rf .lock-check && echo "requirements/*.txt are in step with pyproject.toml"

clean: ## remove the environment and all caches
	rm -rf .venv .venv-tools .lock-check .judges .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf htmlcov .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

clean-demo: ## remove what demo runs made: var, inbox, returns, output
	rm -rf var inbox returns
	find output -mindepth 1 ! -name README.md -delete

setup:
	@"$(or $(PYTHON),python3)" bootstrap.py run

setup-dev:
	@"$(or $(PYTHON),python3)" bootstrap.py dev
