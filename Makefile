# You need Python 3.11 or newer, Node 20 or newer, and make. Each target installs what it needs. When everything is
# installed, a target starts at once.

PYTHON ?= python3
BIN := .venv/bin
SETUP := .make/setup
SCENARIO ?= instance
UV_VERSION := $(shell sed -n 's/.*"uv==\([0-9.]*\)".*/\1/p' pyproject.toml)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

.DEFAULT_GOAL := help

.PHONY: help
help:  ## Show this help.
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST) | sort | awk -F '\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

$(SETUP): pyproject.toml uv.lock package.json package-lock.json Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Ringfence needs Python 3.11 or newer; try make PYTHON=/path/to/python3.13" >&2; exit 2; }
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null || \
		{ echo "Ringfence needs Node 20 or newer, for the CDK: https://nodejs.org/en/download" >&2; exit 2; }
	@echo "Installing the pinned Python and Node packages: about a minute …"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV= $(BIN)/python -m uv sync --quiet --frozen --all-extras --compile-bytecode
	@npm ci --silent --no-progress --no-audit --no-fund
	@mkdir -p $(dir $@) && touch $@

.PHONY: setup
setup: $(SETUP)  ## Install the pinned Python and Node packages.
	@echo "Everything is installed. To put ringfence on your path: . $(BIN)/activate"

.PHONY: demo
demo: $(SETUP)  ## Show the containment of an instance on a local AWS. SCENARIO=credentials: of a leaked key. SCENARIO=approval: after a person approves.
	@$(BIN)/python -m ringfence.cli.main demo --scenario $(SCENARIO)

.PHONY: local
local: $(SETUP)  ## Start a local AWS and keep it running.
	@$(BIN)/ringfence local

.PHONY: format
format: $(SETUP)  ## Format the code.
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

# Each check says when it begins and how it ends; what it found is shown where it fails.
define run
@echo "  $(1) …"
@$(2) >.make/$(1).log 2>&1 || { cat .make/$(1).log; echo "  $(1): failed" >&2; exit 1; }
@echo "  $(1): passed"
endef
CHECKS := types layers lint format

.PHONY: check
check: $(SETUP)  ## Check format, lint, types and layers in parallel. Changes nothing.
	@$(MAKE) --no-print-directory --keep-going --jobs $(CHECKS:%=check-%)

.PHONY: $(CHECKS:%=check-%)
check-format:
	$(call run,format,$(BIN)/ruff format --check .)

check-lint:
	$(call run,lint,$(BIN)/ruff check --quiet .)

check-types:
	$(call run,types,$(BIN)/mypy --no-error-summary)

check-layers:
	$(call run,layers,$(BIN)/lint-imports --no-logo)

# Tests that share a deployment run on one worker, in the order of tests/conftest.py: the longest first. There are
# more workers than cores, because most of the time of a deployment's tests is waiting for it.
PYTEST := $(BIN)/python -m pytest --quiet -n 4 --dist loadscope --no-loadscope-reorder

# Commands, local AWSs and functions start in many processes that import the same code. Write its bytecode.
test test-fast laws: export PYTHONDONTWRITEBYTECODE :=

.PHONY: test
test: $(SETUP)  ## Run all tests, including deployments to the local AWS.
	@$(PYTEST)

.PHONY: test-fast
test-fast: $(SETUP)  ## Run all tests that need no deployment.
	@$(PYTEST) -m "not e2e"

# It takes about 20 minutes on two cores. The search for the smallest example of a failure can take 5 minutes more.
.PHONY: laws
laws: $(SETUP)  ## Run the property tests with ten times as many random examples.
	@$(PYTEST) --maxfail 3 -m "hypothesis and not e2e" --hypothesis-profile laws

# The whole system in memory under a scheduler that a seed drives; see docs/adr/0028-simulation.md.
.PHONY: simulate
simulate: $(SETUP)  ## Simulate bad times. SEED=7: tell its story. SEEDS=0-999: run these. STEPS=, FAMILY=.
	@PYTHONPATH=functions:. $(BIN)/python -m tests.support.simulation $(if $(SEED),--seed $(SEED)) \
		$(if $(SEEDS),--seeds $(SEEDS)) $(if $(STEPS),--steps $(STEPS)) $(if $(FAMILY),--family "$(FAMILY)")

.PHONY: bench
bench: $(SETUP)  ## Measure round trips and compare with plain boto3. Writes build/bench.json.
	@$(BIN)/python -m benchmarks

.PHONY: new
new: $(SETUP)  ## Write skeletons to fill in: REMEDIATION=make-x-private RUNBOOK=harden-x KIND=x.
	@$(BIN)/python -m tools.new $(if $(NEW_RUNBOOK),--new-runbook) "$(REMEDIATION)" "$(RUNBOOK)" "$(KIND)"

.PHONY: docs
docs: $(SETUP)  ## Regenerate the README's list of runbooks, the generated pages of docs/ and requirements.txt.
	@$(BIN)/python -m tools.generate

.PHONY: site
site: $(SETUP)  ## Build the documentation as a website in build/site. VERSION=0.1: commit it to the branch gh-pages.
	@echo "Building the website: about half a minute …"
	@$(BIN)/python -m tools.site $(VERSION)
	@echo "The website is $(if $(VERSION),on the branch gh-pages,in build/site). Its first page is index.html."

.PHONY: clean
clean:  ## Remove everything that was generated.
	@rm -rf .make .venv node_modules build cdk.out .mypy_cache .ruff_cache .pytest_cache .hypothesis
