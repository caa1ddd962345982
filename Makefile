# Two commands: `make demo` brings the whole product up, `make test` runs the tests. Both need Python 3.11+ and git only.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
UV_VERSION := 0.13.8
export UV_PYTHON_DOWNLOADS := never
# Trust what this machine trusts, as pip does.
export UV_SYSTEM_CERTS := true
export OPENBLAS_NUM_THREADS := 1
# A process that may not keep what it compiled compiles 2,800 modules, three seconds, at every start.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
RUN_STAMP := .venv/stamp-$(shell cksum requirements.txt | cut -d' ' -f1)
DEV_STAMP := .venv/stamp-dev-$(shell cksum requirements-dev.txt | cut -d' ' -f1)
SPEED ?= 10
NAMES ?= 8000

.PHONY: demo up services test check bench lock clean real-input fmt
.DEFAULT_GOAL := demo

demo: $(RUN_STAMP)  ## the whole product with simulated vendors; Ctrl-C stops it
	@exec $(BIN)/python -m sentiment_site.services up --demo --speed $(SPEED) --names $(NAMES)

up: $(RUN_STAMP)  ## the whole product with real vendors: keys in .env
	@exec $(BIN)/python -m sentiment_site.services up

test: $(DEV_STAMP)  ## all tests, on embedded PostgreSQL and Valkey
	$(BIN)/python -m pytest -n 2 $(TESTS)

check:  ## the whole gate, the same script that CI runs
	bash .ci/run

bench: $(DEV_STAMP)  ## benchmarks: ratios measured side by side
	$(BIN)/python -m pytest tests/bench --run-bench -s

real-input: $(RUN_STAMP)  ## the main path on the real market data beside the repository (docs/real-input.md)
	bash docs/real-input.sh

fmt: $(DEV_STAMP)
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: .venv/bin/uv  ## write requirements*.txt anew from the .in files
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header requirements-dev.in -o requirements-dev.txt

clean:  ## forget the demo's data
	rm -rf var/demo

.venv/ready: $(DEV_STAMP)
	@touch $@

.venv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and none is on PATH."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed, found " + sys.version.split()[0])'
	@$(PYTHON) -m venv .venv || { echo "Python came without venv: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(RUN_STAMP): requirements.txt | .venv/bin/uv
	@echo "installing the locked packages"
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements.txt
	@rm -f .venv/stamp-[0-9]*; touch $@

$(DEV_STAMP): requirements-dev.txt | .venv/bin/uv
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements-dev.txt
	@rm -f .venv/stamp-dev-*; touch $@
