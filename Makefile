# `make demo` and `make test` do all of their own set-up; `make help` lists the rest.
PYTHON ?= python3
UV_VERSION := 0.13.8
VENV := .venv
BIN := $(VENV)/bin
UV := .uv/bin/uv
READY := $(VENV)/.ready
MODULES := node_modules/.ready
NPM := $(shell command -v npm)

export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true

.PHONY: help env demo test unit check js lab bench weights notebooks pictures size lock clean

help:            ## list the targets
	@grep -hE '^[a-z]+: .*##|^[a-z]+:  *##' $(MAKEFILE_LIST) | sed 's/:[^#]*## */\t/' | expand -t 14

env: $(READY)    ## set up .venv from requirements.lock

$(UV):
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"{sys.executable} is Python {v[0]}.{v[1]}; the workbench needs 3.11 or newer: make PYTHON=/path/to/python3")'
	@echo "Setting up (once; about a minute)"
	@$(PYTHON) -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(READY): requirements.lock pyproject.toml | $(UV)
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@$(UV) pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY)   ## solve the four recorded cases and write out/demo
	@$(BIN)/workbench demo --out out/demo

test: $(READY) $(if $(NPM),$(MODULES))  ## every test: unit, whole solves, notebooks, wheel, browser
	@$(BIN)/pytest -n 2 --dist loadfile
	@$(BIN)/pytest -n 2 --dist loadfile -m "(slow or network) and not (browser or alone)"
	@$(BIN)/pytest -m "browser or alone"

unit: $(READY)   ## the fast tests alone
	@$(BIN)/pytest

check: $(READY) js  ## ruff, mypy, the architecture test; tsc, eslint and node tests where node is
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/test_architecture.py

$(MODULES): package-lock.json package.json .npmrc
	@rm -f $@
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 >/dev/null && touch $@ || \
		{ echo "npm could not install what package-lock.json lists"; test "$$WORKBENCH_BROWSER" != required; }

js: $(if $(NPM),$(MODULES))  ## types, lint and tests of the ES modules (needs node 20 or newer)
	@if test -f $(MODULES); then \
		npm run --silent types && npm run --silent lint && npm run --silent test; \
	else \
		echo "SKIPPED: types, lint and tests of the ES modules ($(if $(NPM),npm could not install,node and npm are not here))"; \
		test "$$WORKBENCH_BROWSER" != required; \
	fi

lab: $(READY)    ## open the notebooks in JupyterLab, with a case to investigate
	@$(BIN)/workbench lab out/lab

bench: $(READY)  ## speed, each beside its peer
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python benchmarks/detection.py
	@$(BIN)/python benchmarks/attribution.py
	@$(BIN)/python benchmarks/agent.py
	@$(BIN)/python benchmarks/triggers.py
	@$(BIN)/python benchmarks/codemap.py
	@$(BIN)/python benchmarks/server.py
	@$(BIN)/python benchmarks/widgets.py
	@$(BIN)/python benchmarks/series_widget.py
	@$(BIN)/python benchmarks/evaluation.py

weights: $(READY)  ## fit the weights of the cause ranking to simulated cases (some minutes)
	@$(BIN)/python benchmarks/ranker.py --fit

notebooks: $(READY)  ## execute the notebooks, top to bottom, and keep their outputs
	@$(BIN)/python notebooks/execute.py

pictures: $(READY) $(MODULES)  ## make the pictures of docs/pictures in the browser (some minutes)
	@WORKBENCH_BROWSER=required $(BIN)/pytest -q -m browser tests/ui/test_lab.py tests/ui/test_notebooks_in_lab.py tests/ui/test_mlflow_pages.py -k "verified or fit_where or mlflow_pages"
	@$(BIN)/python tests/ui/pictures.py

size: $(READY)   ## how large the code is (prints, never fails)
	@$(BIN)/python benchmarks/size.py

lock: | $(UV)    ## resolve pyproject.toml anew into requirements.lock
	@$(UV) pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" pyproject.toml -o requirements.lock

clean:           ## remove what the targets made (not the lock)
	rm -rf $(VENV) .uv node_modules out build *.egg-info
