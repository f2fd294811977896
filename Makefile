# Two commands do it all: `make run` and `make test`. Both need Python >= 3.11 with venv, and the package registry.
# HERALD_HOME (./var) holds what a run keeps, .venv what is installed; nothing is written outside this folder.

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check bench bundle drill drill-hosts drill-upgrade docs lock clean

help:
	@echo "make run     set up all that is needed, then show the demo in a browser"
	@echo "make test    run the tests on SQLite, and on PostgreSQL where it is there"
	@echo "make check   format, lint, types, import arrows, templates, known vulnerabilities; then the tests"
	@echo "make bench   measure sending beside a reference"
	@echo "make drill   kill, cut, fill and stop what sends, for hours, and say what held"
	@echo "make drill-hosts   the same across hosts, as network namespaces: ten minutes, needs root and PostgreSQL"
	@echo "make docs    build the documentation as a site, in build/docs"
	@echo "make bundle  write an archive to dist/ that installs Herald on a machine without Internet"
	@echo "make drill-upgrade   upgrade from the version before while mail goes out; needs the repository's history"
	@echo "make setup   make .venv and install what Herald needs into it"
	@echo "make lock    write the lock files anew after pyproject.toml changed"

setup:
	@scripts/setup

setup-dev:
	@scripts/setup dev

run: setup
	@exec .venv/bin/herald demo

test: setup-dev
	@scripts/test

check: setup-dev
	@scripts/check
	@scripts/test

bench: setup
	@exec .venv/bin/herald bench send

drill: setup-dev
	@scripts/drill

drill-hosts: setup-dev
	@scripts/drill-hosts

docs: setup-dev
	@scripts/docs

bundle: setup-dev
	@scripts/bundle

drill-upgrade: setup-dev
	@scripts/drill-upgrade

lock:
	@scripts/lock

clean:
	rm -rf .venv .python .cache build dist herald.egg-info
