# Ordinavo Connect. `make up` starts it, `make test` tests it; `make` lists the rest.

PYTHON := .venv/bin/python
ENVIRONMENT := python3 ordinavo_connect/running/environment.py

.DEFAULT_GOAL := help
.PHONY: help up demo test lint bench docs lock environment

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  PORT (8000), HOST (127.0.0.1), VAR_DIR (var), DATABASE_URL and more: see .env.example"

up: ## Start the product; Ctrl-C stops it
	@$(ENVIRONMENT) && exec $(PYTHON) manage.py up

demo: ## Play the whole workflow against the running product, and leave it there to look at
	@$(ENVIRONMENT) && exec $(PYTHON) -m ordinavo_connect.running.walkthrough

test: ## Run every test; ARGS="tests/imports -k batch" picks some
	@$(ENVIRONMENT) && exec $(PYTHON) -m ordinavo_connect.running.testing $(ARGS)

lint: ## ruff, mypy, import rules, missing migrations
	@$(ENVIRONMENT)
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy .
	.venv/bin/lint-imports
	SECRET_KEY=unused $(PYTHON) -W "ignore:Got an error checking a consistent migration history" \
		manage.py makemigrations --check --dry-run

bench: ## Measure against quality goals; ONLY=batch_import picks one
	@$(ENVIRONMENT) && exec $(PYTHON) -m tests.benchmarks $(ONLY)

docs: ## Write docs/events.md from the catalogue of events
	@$(ENVIRONMENT) && exec $(PYTHON) manage.py document_events

lock: ## Pin the newest fitting packages in requirements.lock (needs uv)
	uv pip compile -q --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--all-extras pyproject.toml -o requirements.lock --custom-compile-command "make lock"

environment:
	@$(ENVIRONMENT)
