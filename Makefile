# Python >= 3.11, git and make are all that these targets need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: faults demo test check bench long format screens schema dist truth clean

$(VENV)/demo.stamp: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[demo]'
	touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[demo,dev]'
	touch $@ $(VENV)/demo.stamp

demo: $(VENV)/demo.stamp
	$(BIN)/clickit-tui demo $(ARGS)

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n 3 -m 'not long' tests

long: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n 2 -m long tests

screens: $(VENV)/dev.stamp
	$(BIN)/python -m tests.screens.book

# The same bytes from the same commit: the times in the archives are the commit's.
dist: $(VENV)/dev.stamp
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} $(BIN)/python -m hatchling build -d dist
	cd dist && sha256sum *

schema: $(VENV)/dev.stamp
	$(BIN)/python -m tests.documents.configuration

pictures: $(VENV)/dev.stamp
	$(BIN)/python -m tests.screens.pictures

truth: $(VENV)/dev.stamp
	$(BIN)/python -m tests.incidents.truth $(ARGS)

faults: $(VENV)/dev.stamp
	$(BIN)/python -m tests.faults.matrix $(ARGS)

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) dist build
