# Everything here sets up what it needs: Python 3.11 or newer and make are enough to start.
#
#   make demo         the tour: a network's every edge, then digits learned in seconds; opens pages in the browser
#   make test         the tests, with every example of the documentation
#   make lint types   what CI checks besides
#   make test-peers   the tests against PyTorch and other frameworks (a large download)
#   make test-slow    the tests that take minutes
#   make site         the documentation as a site, with the course and its live pages: site/index.html
#   make bench        the benchmarks against them
#   make reference    docs/reference, docs/img and the list of formulas, made again from the code
#   make clean        removes the environments and what was built
#
# Another Python, or other options for pytest:
#
#   make demo PYTHON=python3.13
#   make test ARGS="tests/graph -x"

VENV := .venv
PEERS := .venv-peers
ARGS ?=

# The first Python on the path that is new enough.
PYTHON ?= $(or $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; \
	done),python3)

# On several cores the tests run beside each other.
BESIDE := --numprocesses auto --maxprocesses 4 --dist worksteal

# The tests' matrices are small: more threads only get in each other's way.
test test-peers test-slow: export OPENBLAS_NUM_THREADS ?= 1

# What Python compiles is kept, but not beside the sources: each worker, and each process that a test starts, would
# compile all of it again.
test test-peers test-slow: export PYTHONPYCACHEPREFIX ?= $(CURDIR)/$(VENV)/pycache
test test-peers test-slow: export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test lint format types test-peers test-slow site bench reference clean

demo: $(VENV)/.installed
	@$(VENV)/bin/python -m edgewise demo $(ARGS)

test: $(VENV)/.tools
	@$(VENV)/bin/python -m pytest $(BESIDE) $(ARGS)

lint: $(VENV)/.tools
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

format: $(VENV)/.tools
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

types: $(VENV)/.tools
	@$(VENV)/bin/mypy

test-peers: $(PEERS)/.tools
	@$(PEERS)/bin/python -m pytest -m peers $(ARGS)

test-slow: $(VENV)/.tools
	@$(VENV)/bin/python -m pytest $(BESIDE) -m slow $(ARGS)

# All of it is made each time, as pages and pictures change with the library and not with the text that they stand in.
site: $(VENV)/.site
	@$(VENV)/bin/python -m sphinx --fresh-env --fail-on-warning --keep-going --quiet --builder html docs site
	@echo "The site is in site/index.html"

bench: $(PEERS)/.tools
	@$(PEERS)/bin/python bench/run.py $(ARGS)

reference: $(VENV)/.tools
	@$(VENV)/bin/python docs/make_reference.py
	@$(VENV)/bin/python docs/make_picture.py
	@$(VENV)/bin/python tests/printers/formula/golden.py

clean:
	rm -rf $(VENV) $(PEERS) build dist site edgewise-demo .mypy_cache .pytest_cache .ruff_cache .hypothesis

# An environment is made once, and again when pyproject.toml changes; until then nothing is asked of the network.

%/.made:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Edgewise needs Python 3.11 or newer, and \"$(PYTHON)\" is $$("$(PYTHON)" -c 'import sys; print(*sys.version_info[:3], sep=".")' 2>/dev/null || echo "no Python")." >&2; \
		echo "Name another one, as in:  make $(or $(MAKECMDGOALS),demo) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "\"$(PYTHON)\" can't make virtual environments: its modules venv and ensurepip are missing." >&2; \
		echo "On Debian and Ubuntu they are a package of their own:  sudo apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $* with $$("$(PYTHON)" --version) (only this once) ..."
	@"$(PYTHON)" -m venv $*
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml
	@$(VENV)/bin/python -m pip install --quiet --editable .
	@touch $@

# Dependency groups need pip 25.1.
$(VENV)/.tools: $(VENV)/.installed
	@$(VENV)/bin/python -m pip install --quiet "pip>=25.1"
	@$(VENV)/bin/python -m pip install --quiet --group dev
	@touch $@

$(VENV)/.site: $(VENV)/.tools
	@$(VENV)/bin/python -m pip install --quiet --group site
	@touch $@

$(PEERS)/.tools: $(PEERS)/.made pyproject.toml
	@$(PEERS)/bin/python -m pip install --quiet "pip>=25.1"
	@$(PEERS)/bin/python -m pip install --quiet --editable . --group dev --group peers
	@touch $@

# Kept, though only other rules ask for them.
.PRECIOUS: %/.made
