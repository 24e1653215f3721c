# `make run` and `make test` do everything; the rest are their parts. Ports and sizes are variables, see README.md.
SHELL := /bin/sh
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

STAGE ?= local
export TOLLGATE_STARTED_AT := $(shell date +%s)
NODE := node --disable-warning=ExperimentalWarning --import ./localstack/lua-hook.js
JEST := node --disable-warning=ExperimentalWarning --experimental-vm-modules node_modules/jest/bin/jest.js

.DEFAULT_GOAL := help
.PHONY: help setup ready run replay load-test latency test test-faults test-unit check bench start deploy load reset status stop redrive rebuild-balances explain remove openapi

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is pinned: npm packages, Node 24, the local cloud, Valkey
	@sh localstack/setup.sh

run: setup ## Start, deploy and run the whole pipeline on generated traffic, and show the result
	@$(NODE) localstack/run/run.ts

replay: setup ## Replay real usage: FILE=… [MAPPING=…] [AS=usage|charges] [SKIP_MALFORMED=1]
	@$(NODE) localstack/run/replay.ts

load-test: setup ## Charge from many callers at once and check every balance: CHARGES, CALLERS, ACCOUNTS, SEED, or API_URL and API_KEY
	@node localstack/load-test/load-test.ts

latency: setup ## How long calls took, from the REPORT lines: FUNCTION=charge-client SINCE=60 (minutes); STAGE=local or one on AWS
	@STAGE=$(STAGE) node localstack/latency/latency.ts

test: setup ## Run the tests: unit, property, integration, end to end and in the browser, on ports of their own
	@node tests/all.ts

test-faults: setup ## Run the tests that make the whole invoice API fail for minutes (about 5 minutes)
	@mkdir -p .local
	@$(JEST) --selectProjects faults --json --outputFile=.local/test-results-faults.json

test-unit: setup ## Run only the tests that need nothing running
	@$(JEST) --selectProjects unit

check: ## Check types, style, imports, templates and state machines
	@sh localstack/setup.sh check
	@tsc
	@tsc -p services/dashboard/web
	@biome check .
	@depcruise --config .dependency-cruiser.cjs --output-type err shared services localstack tests bench checks
	@node checks/code.ts
	@sh checks/templates.sh
	@node checks/page-size.ts

bench: setup ## Measure against every rival: SUITE=charge for a part, QUICK=1 for a first look; see bench/README.md
	@$(NODE) bench/run.ts

start: setup ## Start Valkey, the local cloud and the invoice API simulator
	@node localstack/start.ts

deploy: setup ## Deploy; STAGE=local (the default) to the local cloud, any other stage to AWS with your credentials
ifeq ($(STAGE),local)
	@node localstack/start.ts
	@node localstack/stack.ts deploy
else
	@node infrastructure/page/build-page.ts
	@serverless deploy --stage $(STAGE)
endif

load: setup ## Load prices (PRICES=file) and make an API key (SCOPES=charge,usage,operate); STAGE=local or one on AWS
	@STAGE=$(STAGE) node localstack/load.ts

reset: setup ## Bring the 100 accounts prepaid-001 to prepaid-100 to a known balance (BALANCE=100.00)
	@node localstack/run/reset.ts

ready:
	@test -x node_modules/.bin/node || { echo 'Nothing is set up here yet: run make setup first.' >&2; exit 1; }

status: ready ## Show what runs where, and the queues
	@node localstack/status.ts

stop: ready ## Stop everything that runs, of tests and benches too
	@node localstack/stop.ts

redrive: ready ## Send dead letters back to their queue (local cloud)
	@$(NODE) localstack/run/redrive.ts

rebuild-balances: setup ## Restore balances that the store has lost from the ledger, and compare those that it has: SHARD=…, or API_URL and API_KEY
	@STAGE=$(STAGE) node localstack/rebuild/rebuild.ts

explain: setup ## Explain an invoice down to its events and verify every proof: INVOICE=2026-11-H1.1.acme, or with API_URL and API_KEY
	@STAGE=$(STAGE) $(NODE) localstack/explain/explain.ts

remove: ready ## Remove the stack; STAGE=local (the default) or a stage on AWS
ifeq ($(STAGE),local)
	@node localstack/stack.ts remove
else
	@serverless remove --stage $(STAGE)
endif

openapi: setup ## Write the OpenAPI document of the invoice API that Tollgate expects
	@node localstack/invoice-api/write-openapi.ts
