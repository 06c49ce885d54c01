# oxenswap. `make demo` and `make test` are all that most people need.
GO          ?= go
BIN         := bin
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT   := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
FUZZTIME    ?= 60s
CYCLES      ?= 1000
SEED        ?= 0

.PHONY: all build demo test check check-long crash bench fuzz clean

all: build

build:
	$(GO) build -trimpath -o $(BIN)/ ./cmd/...

# The whole job on recorded real Oxen data and a local chain. It needs nothing but Go and a C compiler.
demo: build
	./demo/run.sh $(BIN)

test:
	./.ci/setup.sh
	$(GO) test ./...

# What a change must pass beside the tests. Needs node and npm for the contracts and the reference implementation.
check:
	./.ci/check.sh $(STATICCHECK)

# Longer runs, started by hand.
check-long: test check
	./ethclient/contracts/foundry/run.sh --long
	$(GO) test -count=1 -tags litestream ./conformance/litestream
	OXENSWAP_LONG=1 $(GO) test -count=1 -timeout 3h ./ethclient/sender/faulttest
	$(GO) test -race -timeout 60m ./...
	./.ci/crash.sh 25000 $(SEED) -every
	$(MAKE) fuzz

# Kills, failing steps, failing disks and lost power. CYCLES are kills and, half as many, cuts of the power; SEED 0 is the time.
crash:
	./.ci/crash.sh $(CYCLES) $(SEED)

bench: build
	BENCHSTAT=$(BENCHSTAT) ./bench/run.sh

# Every fuzz target for FUZZTIME.
fuzz:
	./.ci/fuzz.sh $(FUZZTIME)

clean:
	rm -rf $(BIN) build
