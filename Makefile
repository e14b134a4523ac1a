# The developer's extras; ./run and ./test need no make.
.DEFAULT_GOAL := help
SHELL := /usr/bin/env bash
PYTHON := .venv/bin/python
UV := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes
CATALOGS := zh_Hans zh_Hant

.PHONY: help run test setup lint format types lock sbom bench shots translations torture

help: ## print what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start Qicai, as ./run
	./run

test: ## check everything, as ./test
	./test

setup: ## make .venv with all that running and testing need
	./run --setup-dev

lint: setup ## ruff, formatting, import contracts
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	.venv/bin/lint-imports --no-logo --no-cache

format: setup ## put the code into the one format and sort its imports
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

types: setup ## mypy, strict
	$(PYTHON) -m mypy

lock: setup ## pin the newest versions that requirements*.in allow, with hashes
	$(UV) --upgrade requirements.in -o requirements.txt
	$(UV) --upgrade requirements-dev.in -o requirements-dev.txt

sbom: setup ## write the bill of materials into sbom.json (CycloneDX) and list the licences
	$(PYTHON) deploy/sbom.py sbom.json

bench: setup ## measure the claims beside the raw drivers, up to 2,000,000 records, on both engines
	$(PYTHON) -m bench --picture docs/img/growth.svg

shots: setup ## take pictures of all pages in all modes into shots/
	$(PYTHON) -m tests.journeys.shots shots

translations: setup ## extract, update and compile the catalogues
	$(PYTHON) -m tests.check_translations --extract translations/messages.pot
	for locale in $(CATALOGS); do \
		verb=update; [ -f translations/$$locale/LC_MESSAGES/messages.po ] || verb=init; \
		$(PYTHON) -m babel.messages.frontend --quiet $$verb -i translations/messages.pot \
			-d translations -l $$locale || exit 1; \
	done
	rm -f translations/messages.pot
	$(PYTHON) -m babel.messages.frontend --quiet compile -d translations
	-$(PYTHON) -m tests.check_translations

torture: setup ## kill, fill and race everything for long (TIMES=10), and many more examples, on both engines
	for engine in sqlite postgresql; do \
		QICAI_TORTURE=$${TIMES:-10} $(PYTHON) -m pytest tests/torture --engine $$engine || exit 1; \
		QICAI_TORTURE=$${TIMES:-10} $(PYTHON) -m pytest --hypothesis-profile torture \
			-m "hypothesis or model" --engine $$engine -n 2 || exit 1; \
	done
	QICAI_EACH_GUARD=1 $(PYTHON) -m pytest -m race --engine postgresql -n 2
	QICAI_FAILOVERS=$${TIMES:-10} $(PYTHON) -m pytest tests/hosts/test_failover.py --engine postgresql -s
