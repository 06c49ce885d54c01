# oxenswap. `make demo` and `make test` are all that most people need; `make help` lists the rest.
GO          ?= go
BIN         := bin
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT   := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
FUZZTIME    ?= 60s
CYCLES      ?= 1000
SEED        ?= 0

.PHONY: all help build demo test check check-long crash bench fuzz clean

all: build

help: ## list what can be run
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## the three programs, into bin/
	$(GO) build -trimpath -o $(BIN)/ ./cmd/...

demo: build ## the whole job on recorded real Oxen data and a local chain; needs Go and a C compiler
	./demo/run.sh $(BIN)

test: ## all tests, after installing what some of them use when it is there
	./.ci/setup.sh
	$(GO) test ./...

check: ## what a change must pass beside the tests; needs node and npm
	./.ci/check.sh $(STATICCHECK)

check-long: test check ## the same and longer runs, for hours; started by hand
	./ethclient/contracts/foundry/run.sh --long
	$(GO) test -count=1 -tags litestream ./conformance/litestream
	OXENSWAP_LONG=1 $(GO) test -count=1 -timeout 3h ./ethclient/sender/faulttest
	$(GO) test -race -timeout 60m ./...
	./.ci/crash.sh 25000 $(SEED) -every
	$(MAKE) fuzz

# SEED 0 is the time.
crash: ## CYCLES kills and half as many power cuts, failing steps and disks, from SEED
	./.ci/crash.sh $(CYCLES) $(SEED)

bench: build ## every benchmark beside its baseline
	BENCHSTAT=$(BENCHSTAT) ./bench/run.sh

fuzz: ## every fuzz target, each for FUZZTIME
	./.ci/fuzz.sh $(FUZZTIME)

clean: ## remove what was built
	rm -rf $(BIN) build
