# The front door for people. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet --quiet
DEMO_INDEX := .demo/index
# An index of its own: the demo's holds this documentation too.
EVAL_INDEX := .demo/eval-index
EVAL_FOLDER := .demo/evals
HANDBOOK := docs/examples/handbook.yaml

.PHONY: help demo eval release-dry-run test coverage test-browser test-load test-delivery serve infra infra-tools orchestration orchestration-tools screenshots dashboards docs reference clients lint format bench constraints servers services clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | \
	  while IFS=$$'\t' read -r name what; do printf '  make %-16s %s\n' "$$name" "$$what"; done

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Plumbline needs Python 3.11 or newer; name one: make PYTHON=python3.11 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# One stamp for each set of dependency groups, so that a second run installs nothing.
$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what answering and indexing need into $(VENV) (once; a few minutes, mostly download) …"
	@$(PIP) install -c constraints.txt -e '.[serve,ingest]'
	@touch $@

$(VENV)/.eval: pyproject.toml constraints.txt $(VENV)/.run
	@echo "Installing what evaluations need into $(VENV) (once) …"
	@$(PIP) install -c constraints.txt -e '.[serve,ingest,eval]'
	@touch $@

$(VENV)/.postgres: pyproject.toml constraints.txt $(VENV)/.run
	@$(PIP) install -c constraints.txt -e '.[serve,ingest,postgres]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt clients/python/pyproject.toml $(VENV)/.run
	@echo "Installing what tests, checks and benchmarks need into $(VENV) (once) …"
	@$(PIP) install -c constraints.txt -e '.[dev]' -e 'clients/python[langchain]'
	@touch $@

demo: $(VENV)/.run ## Install, index the demo documents, ask three questions
	@PLUMB_INDEX_URL=$(DEMO_INDEX) $(BIN)/plumb demo

# Indexed again where the documents, or the code that reads and cuts them, are newer.
$(EVAL_INDEX)/.indexed: $(HANDBOOK) $(shell find docs/handbook/documents ingestion -type f -not -name '*.pyc') $(VENV)/.eval
	@PLUMB_INDEX_URL=$(EVAL_INDEX) $(BIN)/plumb ingest $(HANDBOOK)
	@touch $@

eval: $(EVAL_INDEX)/.indexed ## Run the shipped suite on prompts v1 and v2, offline, and gate v2 against v1
	@PLUMB_INDEX_URL=$(EVAL_INDEX) PLUMB_EVALS_FOLDER=$(EVAL_FOLDER) PLUMB_CHAT_MODEL=extractive $(BIN)/plumb eval gate \
	  --baseline v1 --candidate v2 --suite handbook --junit $(EVAL_FOLDER)/gate.xml \
	  --markdown $(EVAL_FOLDER)/gate.md --html $(EVAL_FOLDER)/gate.html

serve: $(VENV)/.run ## Serve the REST API over the demo documents on http://127.0.0.1:8000
	@PLUMB_INDEX_URL=$(DEMO_INDEX) $(BIN)/plumb serve

release-dry-run: $(VENV)/.eval $(VENV)/.postgres servers ## Play a delivery: gate, canary, promotion, rollback, under users
	@$(BIN)/python -m infra.dry_run

servers: # The servers alone, without a browser.
	@missing=; export PATH="$$PATH:/usr/sbin"; \
	command -v redis-server >/dev/null || missing="redis-server"; \
	command -v haproxy >/dev/null || missing="$$missing haproxy"; \
	command -v prometheus >/dev/null || missing="$$missing prometheus"; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	[ -z "$$missing" ] || { \
	  echo "Installing $$missing …"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null || \
	  { echo "$$missing cannot be installed with apt-get; install what is missing and try again." >&2; exit 1; }; }

services: servers ## Install the real servers that tests use, and Chromium, where they are missing
	@command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null || { \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  echo "Installing Chromium …"; \
	  $$sudo apt-get update -qq && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null || \
	  echo "There is none to install: tests of the report in a browser are skipped."; }
	@[ -d tests/oidc/node_modules/oidc-provider ] || { \
	  echo "Installing oidc-provider, an OpenID Connect issuer, into tests/oidc …"; \
	  npm ci --prefix tests/oidc --no-audit --no-fund --silent || \
	  echo "npm cannot install it: tests against a certified issuer are skipped."; }
	@$(MAKE) -s clients/typescript/node_modules/.package-lock.json || \
	  echo "npm cannot install openapi-typescript: TypeScript types are compared by their hash alone."
	@[ -d tests/app/web/axe/node_modules/axe-core ] || { \
	  echo "Installing axe-core, which finds faults of accessibility, into tests/app/web/axe …"; \
	  npm ci --prefix tests/app/web/axe --no-audit --no-fund --silent || \
	  echo "npm cannot install it: tests with it are skipped."; }
	@$(MAKE) -s mlflow-server || echo "MLflow's server cannot be installed: tests against it are skipped."
	@$(MAKE) -s storage-servers || echo "Not all emulators can be installed: tests of az:// and s3:// are skipped."

# A server of its own: it wants other packages than the client that evaluations use.
.PHONY: mlflow-server
mlflow-server:
	@[ -x .venv-mlflow/bin/mlflow ] || { echo "Installing MLflow's server into .venv-mlflow (once; 850 MB) …" && \
	  $(PYTHON) -m venv .venv-mlflow && .venv-mlflow/bin/pip install -q mlflow==3.17.2; } \
	  || { rm -rf .venv-mlflow; exit 1; }

# s3fs wants another botocore than boto3 does, so that it gets an environment beside the main one.
.PHONY: storage-servers
storage-servers: $(VENV)/.dev
	@[ -x .venv-storage/bin/python ] || { echo "Installing s3fs and adlfs into .venv-storage …" && \
	  $(BIN)/python -m venv .venv-storage && \
	  $(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	    > "$$(.venv-storage/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/beside.pth" && \
	  .venv-storage/bin/pip install -q s3fs==2026.6.0 aiobotocore==3.10.0 botocore==1.43.117 adlfs==2026.8.0 fsspec==2026.6.0; } \
	  || { rm -rf .venv-storage; exit 1; }
	@[ -x tests/servers/azurite/node_modules/.bin/azurite-blob ] || { echo "Installing azurite …" && \
	  npm install --prefix tests/servers/azurite --no-package-lock --no-audit --no-fund --silent; }

# Tests start many processes, which would compile the code again where no byte code may be written.
test coverage test-browser test-load test-delivery: export PYTHONDONTWRITEBYTECODE =

# Workers share the cores: threads of libraries beside them only cost time.
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: export RAYON_NUM_THREADS = 1
test: $(VENV)/.dev services ## Run the test suite
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -q -m "not delivery and not load and not browser" $(ARGS)

test-browser: $(VENV)/.dev services ## Use the pages in a real browser
	@$(BIN)/pytest -n 2 --dist loadfile -q -m browser $(ARGS)

test-load: $(VENV)/.dev services ## Send services many requests and callers at once
	@$(BIN)/pytest -n 2 --dist loadfile -q -m load $(ARGS)

test-delivery: $(VENV)/.dev services infra-tools orchestration-tools ## Play whole pipelines, and services of two releases, on this machine
	@$(BIN)/pytest -n 2 --dist load -q -m delivery $(ARGS)

$(VENV)/.docs: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what the documentation's site needs into $(VENV) (once) …"
	@$(PIP) install -c constraints.txt -e '.[docs]'
	@touch $@

# Search on pages opened from a folder, and diagrams, take scripts of npm's. Without npm, search needs a
# web server, and diagrams load their script from another host.
docs: $(VENV)/.docs ## Build the documentation into site/, checking its links and anchors
	@[ -d build/docs/node_modules/mermaid ] || \
	  npm install --prefix build/docs --no-save --no-package-lock --no-audit --no-fund --silent \
	    iframe-worker@1.0.4 mermaid@11.12.1 || \
	  echo "npm cannot install iframe-worker and mermaid: search and diagrams need a server and a network."
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The documentation is in site/; open site/index.html."

screenshots: $(VENV)/.dev services ## Take pictures of every state of the pages into .demo/screenshots
	@[ -d $(DEMO_INDEX) ] || $(MAKE) -s demo
	@$(BIN)/python -m tests.app.web.screenshots $(ARGS)

# One command after every change of the API: the pages, and the types where there is npm.
reference: $(VENV)/.dev ## Write the generated pages of docs/reference/, and the TypeScript types, from the code
	@$(BIN)/python -m docs.generate_reference
	@if command -v npm >/dev/null; then $(MAKE) -s clients; else \
	  echo "npm is not installed: clients/typescript/plumbline.d.ts stays as it is."; fi

clients/typescript/node_modules/.package-lock.json: clients/typescript/package-lock.json
	@npm ci --prefix clients/typescript --no-audit --no-fund --silent

clients: $(VENV)/.dev clients/typescript/node_modules/.package-lock.json ## Write clients/typescript/plumbline.d.ts from the code
	@$(BIN)/python -m clients.typescript.generate

lint: $(VENV)/.dev ## Check style, types, the direction of imports, prompts, pipelines, secrets
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/plumb prompts lint
	@$(BIN)/python -m infra.pipeline_runner check
	@$(BIN)/python -m infra.orchestration --without-tools
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	@$(BIN)/shellcheck -x infra/steps/*.sh
	@[ ! -e .git ] || SKIP=ruff-check,ruff-format,imports,mypy $(BIN)/pre-commit run --all-files

# An environment of its own: checkov pins other packages than Plumbline does.
infra-tools:
	@[ -f .venv-infra/.installed ] && [ .venv-infra/.installed -nt infra/checks/tools.txt ] || { \
	  echo "Installing checkov and the validators of infrastructure into .venv-infra (once; 300 MB) …" && \
	  $(PYTHON) -m venv .venv-infra && \
	  .venv-infra/bin/pip install --disable-pip-version-check --quiet --quiet -r infra/checks/tools.txt && \
	  touch .venv-infra/.installed; } || { rm -rf .venv-infra; exit 1; }

infra: $(VENV)/.dev infra-tools servers ## Check Bicep, Terraform, kustomize, dashboards, alerts and runbooks without a cloud
	@$(BIN)/python -m infra.checks $(ARGS)
	@$(BIN)/python -m infra.monitoring check

dashboards: $(VENV)/.dev ## Write Grafana's dashboards, and the alerts for Prometheus' operator, from infra/monitoring
	@$(BIN)/python -m infra.monitoring write

# Environments of their own: each wants other packages than Plumbline does. `make orchestration-tools TOOLS=dvc` installs one.
TOOLS ?= dvc airflow azureml kubeflow
orchestration-tools: $(VENV)/.dev
	@for tool in $(TOOLS); do \
	  place=.venv-orchestration/$$tool pins=infra/orchestration/$$tool/requirements.txt; \
	  [ -f $$place/.installed ] && [ $$place/.installed -nt $$pins ] || { \
	    echo "Installing $$tool into $$place (once) …" && rm -rf $$place && \
	    $(BIN)/uv venv --quiet --python $(BIN)/python $$place && \
	    $(BIN)/uv pip install --quiet --no-deps --python $$place/bin/python --requirement $$pins && \
	    touch $$place/.installed; } || { rm -rf $$place; exit 1; }; \
	done

orchestration: orchestration-tools ## Check the flows of infra/orchestration by DVC, Airflow, Azure ML and Kubeflow
	@$(BIN)/python -m infra.orchestration $(ARGS)

coverage: $(VENV)/.dev services ## Run the test suite and print which lines it leaves out, file by file
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -q -m "not delivery and not load and not browser" \
	  --cov --cov-report=term-missing:skip-covered $(ARGS)

format: $(VENV)/.dev ## Put the code into the house's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# A run takes up to 40 minutes. ARGS="compare A.json B.json" compares two machines; ARGS=--help has the rest.
bench: $(VENV)/.dev ## Measure this machine: one table of ratios and goals in bench-results/
	@$(BIN)/python -m evals.benchmarks $(ARGS)

# Pinned with all that they bring. torch is pinned to the version that has a build for the CPU alone.
.PHONY: bench-tools
bench-tools: ## Install LlamaIndex, Haystack and txtai beside Plumbline, for `make bench` to compare with (5 GB)
	@for tool in llamaindex haystack txtai; do \
	  [ -e .venv-tools/$$tool/.installed ] || { echo "Installing $$tool into .venv-tools/$$tool …" && \
	  $(PYTHON) -m venv .venv-tools/$$tool && \
	  .venv-tools/$$tool/bin/pip install --disable-pip-version-check --quiet \
	    -r evals/benchmarks/other_tools/$$tool.txt && touch .venv-tools/$$tool/.installed; } \
	  || { rm -rf .venv-tools/$$tool; exit 1; }; done

constraints: $(VENV)/.dev ## Resolve the newest versions that fit and write constraints.txt
	@$(BIN)/python infra/constraints.py

clean: ## Remove the environment, the demo index and caches
	@rm -rf $(VENV) .demo bench-results .venv-tools build/docs site .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info \
	  clients/python/src/*.egg-info clients/typescript/node_modules
