# Every target sets up what it needs inside the checkout: uv in .tools, the locked packages in .venv. Only Python 3.11 or
# newer has to be on the machine.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long lint bench reliability docs lock clean

# commands start by the thousand here: where bytecode is not kept, each compiles every library it loads, for seconds
export PYTHONDONTWRITEBYTECODE :=

# where tools/setup puts node when the machine has none
export PATH := $(PATH):$(CURDIR)/.tools/node/bin

help: ## say what each target does
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || grep '##' Makefile

setup: ## install uv into .tools and everything locked into .venv; the other targets do it first
	@tools/setup

demo: ## load a keyspace of a real Cassandra, query it, collect and push, on an emulated AWS; a minute or two
	@tools/setup --java
	@.venv/bin/gluepot demo

test: ## lint, tests, the three wheels in fresh environments; minutes
	@tools/setup --node --java
	@tools/test -m "not long"

test-long: ## the tests that take longer: big catalogs, long runs, hundreds of examples for each property
	@tools/setup --node --java
	@tools/test -m "long or hypothesis" --hypothesis-profile thorough

lint: setup ## ruff, its layout, mypy
	@tools/lint

bench: ## the figures of docs/performance.md and docs/loading-performance.md, measured on this machine
	@tools/setup --java
	@.venv/bin/python benchmarks/collect.py
	@.venv/bin/python benchmarks/load.py

reliability: ## kills, signals, failing services, full disks and clocks, DataHub and awswrangler beside; writes docs/reliability.md
	@tools/setup --java
	@.venv/bin/python benchmarks/reliability.py --page

docs: setup ## write docs/reference and the picture of docs/concepts.md from the code and the tests' texts; the tests compare them
	@.venv/bin/python -m tools.reference
	@.venv/bin/python tools/house.py
	@.venv/bin/python tools/redaction.py

lock: setup ## resolve pyproject.toml again into requirements.lock and what Airflow and Glue get, hash the jars; keeps what still fits
	@tools/lock
	@tools/lock-glue
	@.venv/bin/python -m tools.jars

clean: ## remove what the targets made in the checkout, .venv and .tools included
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
