PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
HAVE_CXX = $(shell command -v g++ || command -v clang++ || command -v c++)
comma := ,

.DELETE_ON_ERROR:
.PHONY: demo test quick quick-tests check lint format iverilog clean

demo: $(VENV)/.core
	$(BIN)/intsnn demo

test: iverilog $(VENV)/.dev check
	$(BIN)/pytest -n 2 --dist worksteal

# The types on one core, the tests on the other.
quick: $(VENV)/.dev
	$(MAKE) --no-print-directory -j 2 --output-sync=target check quick-tests

quick-tests: $(VENV)/.dev
	$(BIN)/pytest -m "quick and not slow"

check: lint
	$(BIN)/pyright

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# The stamps carry the time of the last install: nothing happens again until one of these files changes.
$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.$(if $(HAVE_CXX),,[compiler])'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[dev$(if $(HAVE_CXX),,$(comma)compiler)]'
	touch $@ $(VENV)/.core

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

iverilog:
	@command -v iverilog >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends iverilog; \
	else \
	  echo "make test needs Icarus Verilog: install it (Debian, Ubuntu: apt-get install iverilog) and run make test again" >&2; \
	  exit 1; \
	fi

clean:
	rm -rf build sim_build *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
