# libtokenizers.a, the Rust library behind the build tag "daulet", built from the Go module's own
# sources (about a minute) and kept per version under build/. Included by the Makefile of the root.
# Where cargo, a C compiler or the crates are missing, the targets say so in one line and succeed.

DAULET_MODULE  := github.com/daulet/tokenizers
DAULET_VERSION := $(shell awk '$$1 == "$(DAULET_MODULE)" { print $$2 }' go.mod)
DAULET_DIR     := $(CURDIR)/build/daulet-tokenizers/$(DAULET_VERSION)
DAULET_LIB     := $(DAULET_DIR)/libtokenizers.a
DAULET_SOURCE  := $(DAULET_DIR)/source
DAULET_GO      := CGO_ENABLED=1 CGO_LDFLAGS=-L$(DAULET_DIR) go
DAULET_MISSING := $(if $(shell command -v cargo),,cargo is not installed)
ifeq ($(DAULET_MISSING),)
DAULET_MISSING := $(if $(shell command -v $(CC)),,there is no C compiler)
endif
FUZZTIME       ?= 10s

.PHONY: daulet test-daulet

ifneq ($(DAULET_MISSING),)

daulet test-daulet:
	@echo "daulet: tests skipped: $(DAULET_MISSING)"

else

daulet: $(DAULET_LIB) ## build the Rust tokenizer for -tags daulet

# cargo fetch apart from the build: no network is a reason to skip, a build that breaks is an error.
$(DAULET_LIB):
	@go mod download $(DAULET_MODULE)
	@rm -rf $(DAULET_SOURCE) && mkdir -p $(DAULET_DIR)
	@cp -R "$$(go list -m -f '{{.Dir}}' $(DAULET_MODULE))" $(DAULET_SOURCE) && chmod -R u+w $(DAULET_SOURCE)
	@cd $(DAULET_SOURCE) && if ! cargo fetch --locked --quiet; then \
		echo "daulet: tests skipped: cargo could not fetch the crates"; \
	else \
		cargo build --release --locked --offline --lib && \
		mv target/release/libtokenizers.a $(DAULET_LIB) && \
		rm -rf $(DAULET_SOURCE); \
	fi

test-daulet: daulet ## test and fuzz the Go tokenizer against the Rust one
	@if [ -f $(DAULET_LIB) ]; then \
		$(DAULET_GO) test -tags daulet ./tokenizer/... && \
		$(DAULET_GO) test -tags daulet -run '^$$' -fuzz '^FuzzAgainstDaulet$$' -fuzztime $(FUZZTIME) ./tokenizer; \
	fi

endif
