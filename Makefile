# gptmeter: build, run, test. `make help` lists the targets.

BIN         := bin/gptmeter
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 10s
# The packages that start goroutines, or are called from several.
CONCURRENT  := ./tensor/... ./model ./engine ./tokenizer ./weights ./weights/hub ./cmd/...

.DEFAULT_GOAL := all
include tokenizer/daulet.mk
include tensor/internal/kernel/asm.mk

.PHONY: all help build run test test-go lint race purego cross quality peers fuzz clean

all: build daulet ## build the program, and the Rust tokenizer where cargo is

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/gptmeter, in Go alone
	CGO_ENABLED=0 go build -trimpath -o $(BIN) ./cmd/gptmeter

run: build ## build, then write a story with the model inside the binary
	$(BIN) generate --echo --seed 1 "Once upon a time"

test: test-go test-daulet ## run all tests; those against the Rust tokenizer where cargo is

test-go:
	CGO_ENABLED=0 go test ./...

lint: ## gofmt, go vet, staticcheck, go.mod
	@test -z "$$(gofmt -l . | tee /dev/stderr)"
	go vet ./...
	go run $(STATICCHECK) ./...
	go mod tidy -diff

race: ## run the concurrent packages' tests under the race detector, where cgo is
	@if [ "$$(go env CGO_ENABLED)" = 1 ] && command -v $(CC) >/dev/null; then \
		go test -race -short $(CONCURRENT); \
	else echo "race: skipped: the race detector needs a C compiler"; fi

purego: ## run the tests without assembly
	CGO_ENABLED=0 go test -short -tags purego ./...

# That it compiles is all there is to know, and without optimizing that takes half as long.
QUICKLY := -gcflags='all=-N -l'
cross: ## build for other systems, without cgo
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build $(QUICKLY) -o /dev/null ./...
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 go build $(QUICKLY) -o /dev/null ./...
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build $(QUICKLY) -o /dev/null ./...

quality: ## print what each format costs in quality
	go test -count 1 -run TestQuality -v ./benchmarks

peers: build ## measure beside PyTorch, llama.cpp, CTranslate2 and OpenVINO; ROUNDS=1 QUICK=1 for a try
	benchmarks/peers/setup.sh build/peers
	CGO_ENABLED=0 go test -c -o build/peers/shares ./benchmarks
	build/peers/venv/bin/python benchmarks/peers/measure.py --folder build/peers --gptmeter $(BIN) --shares build/peers/shares

fuzz: ## fuzz every target for FUZZTIME (10s)
	@mkdir -p build && go list -f '{{.ImportPath}} {{.Dir}}' ./... | while read -r package folder; do \
		grep -qs '^func Fuzz' "$$folder"/*_test.go || continue; \
		test=$(CURDIR)/build/fuzz.test; go test -c -fuzz . -o "$$test" "$$package" || exit 1; cd "$$folder"; \
		for target in $$("$$test" -test.list '^Fuzz' | grep '^Fuzz'); do \
			echo "fuzz $$package $$target"; \
			"$$test" -test.run '^$$' -test.fuzz "^$$target\$$" -test.fuzztime $(FUZZTIME) -test.fuzzcachedir "$$(go env GOCACHE)/fuzz/$$package" || exit 1; \
		done; \
	done

clean: ## remove what was built
	rm -rf bin build
