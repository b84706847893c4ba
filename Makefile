# Every target is one line and calls tools/, which needs nothing but Python 3.11. `make` alone lists them.
PYTHON ?= python3
ARGS ?=

.PHONY: help setup demo test lint format check bench docs build texts screenshots lock clean

help: ; @$(PYTHON) -m tools help
setup: ; @$(PYTHON) -m tools setup
demo: ; @$(PYTHON) -m tools demo $(if $(KEEP),--keep) $(ARGS)
test: ; @$(PYTHON) -m tools test $(ARGS)
lint: ; @$(PYTHON) -m tools lint
format: ; @$(PYTHON) -m tools format
check: ; @$(PYTHON) -m tools check
bench: ; @$(PYTHON) -m tools bench $(ARGS)
docs: ; @$(PYTHON) -m tools docs
build: ; @$(PYTHON) -m tools build
texts: ; @$(PYTHON) -m tools texts
screenshots: ; @$(PYTHON) -m tools screenshots
lock: ; @$(PYTHON) -m tools lock
clean: ; @$(PYTHON) -m tools clean
