# make demo | test | test-all | lab | bench   (each sets up .venv first; a second call is quick)
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ROOMS  := assortment catchment coverage credit demand geo inventory market optim rollout
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

# Kernels are compiled once, each by its examples, before tests that would compile them twice side by side.
$(VENV)/.kernels: $(VENV)/.ready $(wildcard lst_workbench/*/_*.py lst_workbench/*/*/_*.py)
	@echo "Compiling the kernels of all rooms (once) ..."
	@$(BIN)/python -m pytest -q -n 2 --dist loadscope $(addprefix lst_workbench/,$(ROOMS)) >/dev/null || true
	@touch $@

demo: setup
	@$(BIN)/lst demo

test: setup $(VENV)/.kernels
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
