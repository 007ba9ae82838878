# make demo | test | test-all | lab | bench   (each sets up .venv first; a second call is quick)
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt

.PHONY: demo test test-all lab bench setup clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "LST Workbench needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) -V 2>&1`. Say which one to use: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; }
	@echo "Setting up $(VENV) (once, a minute or two) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@echo "Compiling the kernels (once) ..."
	@$(BIN)/python -c "import lst_workbench as lst; lst.make_plan(lst.read_market(lst.data_folder() / 'sample'), lst.load_scenario('base'))"
	@touch $@

demo: setup
	@$(BIN)/lst demo

test: setup
	$(BIN)/ruff check lst_workbench tests benchmarks apps notebooks data
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n 2 --dist loadscope -m 'not slow'
	$(BIN)/python -m pytest -q --nbval-lax -o addopts=--strict-markers -n 2 --dist loadscope notebooks

test-all: test
	$(BIN)/python -m pytest -q -n 2 --dist loadscope -m slow

lab: setup
	$(BIN)/lst lab

bench: setup
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
