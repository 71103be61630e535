# Every target sets up .venv first, when it is missing or stale.
.PHONY: demo run test test-slow check audit bench bench-quality chaos fuzz soak simulate clean help
.DEFAULT_GOAL := help

BIN := .venv/bin
# Settings in .env, where there is one; those of the environment go before.
ENV := $(if $(wildcard .env),$(BIN)/dotenv --file .env run --no-override --)
# Secrets are known by their shapes; what is merely random is a hash here.
SHAPES := $(addprefix --disable-plugin ,Base64HighEntropyString HexHighEntropyString KeywordDetector)
INPUTS := pyproject.toml deploy/constraints.txt deploy/setup.sh

.venv/.demo-small: $(INPUTS)
	@sh deploy/setup.sh demo-small

.venv/.demo: $(INPUTS)
	@sh deploy/setup.sh demo

.venv/.dev: $(INPUTS)
	@sh deploy/setup.sh dev

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: .venv/.demo-small  ## a photo in, an artwork out: everything started, used and stopped
	@$(BIN)/python -m deploy.demo style
	@$(MAKE) --no-print-directory .venv/.demo
	@$(BIN)/python -m deploy.demo gatys
	@echo "Next: \`make run\` keeps it at http://127.0.0.1:8080"

run: .venv/.demo  ## the service on http://127.0.0.1:8080, restarted when it dies
	@# by a pipe, since supervisord opens its output anew: after su a terminal is another user's
	@$(ENV) $(BIN)/supervisord --configuration deploy/supervisord.conf 2>&1 | (trap "" INT; cat)

test: .venv/.dev  ## the tests, in a few minutes
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-slow: .venv/.dev  ## the long tests too
	@$(BIN)/python -m pytest

check: .venv/.dev  ## style, types, arrows between the rooms, exact versions, no secrets
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m deploy.pins
	@git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook $(SHAPES)

audit: .venv/.audit  ## known faults of the packages in deploy/constraints.txt; asks PyPI
	@.venv/audit/bin/pip-audit --strict --disable-pip --no-deps --requirement deploy/constraints.txt

# In an environment of its own: what it brings along is no part of ours.
.venv/.audit: Makefile
	@$(or $(PYTHON),python3) -m venv .venv/audit
	@.venv/audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@touch $@

bench: .venv/.dev  ## figures of speed and memory: the queue, every effect
	@$(BIN)/python -m tests.bench

bench-quality: .venv/.dev  ## figures of quality; needs pictures (ATELIER_BENCH_DATA)
	@$(BIN)/python -m tests.bench --quality

chaos: .venv/.dev  ## 1,000 jobs while workers and Redis are killed (ARGS="--seed 7")
	@$(BIN)/python -m tests.chaos $(ARGS)

soak: .venv/.dev  ## half an hour of traffic on all fronts, one fault after the other (ARGS="--minutes 5")
	@$(BIN)/python -m tests.soak $(ARGS)

fuzz: .venv/.dev  ## 100,000 mutated pictures and as many updates (ARGS="--seed 7 --images 1000")
	@$(BIN)/python -m tests.fuzz $(ARGS)

simulate: .venv/.dev  ## a day of 40,000 users under a virtual clock (ARGS="--users 1000")
	@$(BIN)/python -m tests.simulate $(ARGS)

clean:  ## remove .venv and what the programs wrote here
	rm -rf .venv out
