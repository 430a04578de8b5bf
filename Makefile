# Every target works from a bare clone: the virtual environment is made on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
RUN ?= runs/digits
CONFIG ?= configs/digits.yaml
# Tests go to as many processes as there are cores; one that has finished takes from the others.
SHARED := -n auto --dist worksteal
FUZZ_CASES ?= 1000
SOAK_MINUTES ?= 120
SMOKE := runs/.smoke

.DEFAULT_GOAL := help
.PHONY: attacks audit docs package smoke peers reference fuzz soak help setup demo train sample eval test coverage test-all lint format schema bench chaos results few-labels ci clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint .ci/constraints.txt --editable '.[dev,docs]'
	@touch $@

setup: $(READY) ## Make the virtual environment

demo: $(READY) ## Train handwritten digits, draw a grid, score it: about 4 minutes
	$(BIN)/gan-train --config configs/digits.yaml --run_dir runs/digits
	$(BIN)/gan-sample --run_dir runs/digits --grid 8x10 --out runs/digits/demo.png
	$(BIN)/gan-eval --run_dir runs/digits

train: $(READY) ## Train CONFIG=configs/NAME.yaml
	$(BIN)/gan-train --config $(CONFIG)

sample: $(READY) ## Draw a grid from RUN=runs/NAME
	$(BIN)/gan-sample --run_dir $(RUN) --out $(RUN)/sample.png

eval: $(READY) ## Score RUN=runs/NAME
	$(BIN)/gan-eval --run_dir $(RUN)

smoke: $(READY) ## Lint, and try each command once on tiny runs: under two minutes, for pull requests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -q tests/test_imports.py tests/config/test_our_configs.py tests/studio/test_drawing.py tests/evaluation/test_score_requests.py
	rm -rf $(SMOKE)
	$(BIN)/gan-train builtin:digits --run_dir $(SMOKE)/run --set training.kimg=2 --set evaluation.num_samples=100
	$(BIN)/gan-sample --run_dir $(SMOKE)/run --out $(SMOKE)/grid.png
	$(BIN)/gan-eval --run_dir $(SMOKE)/run --metrics frechet --num_samples 100
	$(BIN)/gan-sample --run_dir $(SMOKE)/run --export keras --out $(SMOKE)/exported

test: $(READY) ## Run the tests
	$(BIN)/python -m pytest $(SHARED)

coverage: $(READY) ## Run the tests and print which lines they do not reach: half as long again
	$(BIN)/python -m pytest $(SHARED) --cov --cov-report=term:skip-covered

test-all: $(READY) ## Run the tests that train for minutes, too
	$(BIN)/python -m pytest $(SHARED) -m 'slow or not slow'

lint: $(READY) ## Check style, types and that the dependencies fit together
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pip check --quiet
	$(BIN)/hadolint .ci/Dockerfile

format: $(READY) ## Put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY) ## Write the documentation as a site to site/; fails on a broken link
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --config-file .ci/docs/mkdocs.yml

package: $(READY) ## Build the wheel and the sdist into dist/, and check their metadata
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*

schema: $(READY) ## Write the JSON schema of config files
	$(BIN)/python -m gan_cli.cli.schema > configs/schema.json

chaos: $(READY) ## Kill, stop and damage a run 100 times; it must end the same: about 25 minutes
	$(BIN)/python -m benchmarks.chaos 100

audit: ## Compare the pinned dependencies with published advisories; needs the network
	$(PYTHON) -m venv .audit
	.audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	.audit/bin/pip-audit --strict --no-deps --disable-pip --requirement .ci/constraints.txt

peers: $(READY) ## Compare metrics with those of other packages, which bring PyTorch: about 6 GB
	$(PYTHON) -m venv .peers
	.peers/bin/pip install --quiet --disable-pip-version-check torch-fidelity clean-fid pytorch-fid prdc pytorch-msssim piq
	$(BIN)/python -m benchmarks.peers

reference: $(READY) ## Compare networks, losses and penalties with PyTorch packages; writes docs/reference.md
	$(PYTHON) -m venv .reference
	.reference/bin/pip install --quiet --disable-pip-version-check torch==2.13.0 numpy
	.reference/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement benchmarks/reference_requirements.txt
	$(BIN)/python -m benchmarks.reference

attacks: $(READY) ## Harm files, system calls and names 240 times; each must end in its result or in one line
	$(BIN)/python -m benchmarks.attacks 240

fuzz: $(READY) ## Try every parser of input with thousands of damaged files: FUZZ_CASES a test
	GAN_CLI_FUZZ_CASES=$(FUZZ_CASES) $(BIN)/python -m pytest tests/fuzz

soak: $(READY) ## Train for SOAK_MINUTES; memory, handles, threads and steps' cost must stay flat
	$(BIN)/python -m benchmarks.soak $(SOAK_MINUTES)

bench: $(READY) ## Measure speed and quality against hand-written baselines: about 30 minutes
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.architectures
	$(BIN)/python -m benchmarks.export
	$(BIN)/python -m benchmarks.race
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.metrics

results: $(READY) ## Train every recipe on two data sets and write docs/results_*.md, docs/data_sizes.md: hours
	$(BIN)/python -m benchmarks.recipes digits 200 3
	$(BIN)/python -m benchmarks.recipes fashion_mnist
	$(BIN)/python -m benchmarks.data_sizes

few-labels: $(READY) ## Train classifiers where labels are few, with and without generated images
	$(BIN)/python -m benchmarks.few_labels

ci: lint test docs package ## What continuous integration runs

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .audit .peers .reference .cache site dist .pytest_cache .mypy_cache .ruff_cache .coverage *.egg-info
