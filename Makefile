# Everything runs in .venv, made from uv.lock by the first call; only Python >= 3.11, make and git are needed.
PYTHON ?= python3
UV_VERSION = 0.13.9
UV = .tools/bin/uv
RUN = .venv/bin/
# What the JupyterLab panel and the plots of pages are built from, with the package.
UI = gaia_vre/lab/ui
CHARTS = gaia_vre/look/charts
PANEL = hatch_build.py $(wildcard $(CHARTS)/*.json $(CHARTS)/src/*.js) $(wildcard $(UI)/*.json $(UI)/src/*.ts* $(UI)/src/*/*.ts* $(UI)/style/*.css $(UI)/locale/*.json)

.PHONY: up down test cluster check bench format texts clean

up: .venv/.made
	@$(RUN)gaia-vre up $(ARGS)

down: .venv/.made
	@$(RUN)gaia-vre down $(ARGS)

# The parts two at a time, then what needs the started environment, one after the other; with ARGS only what they name.
test: .venv/.made
ifdef ARGS
	$(RUN)pytest $(ARGS)
else
	$(RUN)pytest --numprocesses 2 --dist loadfile --ignore tests/end_to_end
	$(RUN)pytest tests/end_to_end
endif

# A site on the cluster of KUBECONFIG: what is tried there only, and then what is tried on one machine too.
cluster: .venv/.made
	@test -n "$$KUBECONFIG" && test -n "$$GAIA_CLUSTER_VALUES" || { echo "set KUBECONFIG, and GAIA_CLUSTER_VALUES to a file that names your images" >&2; exit 1; }
	$(RUN)pytest tests/cluster
	$(RUN)pytest tests/end_to_end

check: .venv/.made
	$(RUN)ruff format --check .
	$(RUN)ruff check .
	$(RUN)mypy
	$(RUN)lint-imports

bench: .venv/.made
	$(RUN)python -m tests.benchmarks $(ARGS)

format: .venv/.made
	$(RUN)ruff format .
	$(RUN)ruff check --fix .

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "gaia-vre needs Python 3.11, 3.12 or 3.13: call make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Preparing the Python environment (once, about a minute) ..."
	@$(PYTHON) -m venv .tools || { rm -rf .tools; echo "gaia-vre needs Python's venv module (Debian: python3-venv)" >&2; exit 1; }
	@.tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# Compiled at once: without byte code every import of a lab takes 1.5 times as long.
.venv/.made: $(UV) pyproject.toml uv.lock $(PANEL)
	@UV_PYTHON_DOWNLOADS=never $(UV) sync --quiet --locked --extra local --compile-bytecode --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@

# Brings the translations in step with what the sources say; what is new waits empty in the catalogs.
texts: .venv/.made
	$(RUN)python -m tests.support.texts

clean:
	rm -rf .venv .tools
