# Everything that this project does, by name. The default prints this list.
GOLANGCI_LINT_VERSION := v2.15.0
GORELEASER_VERSION := v2.15.1
ACTIONLINT_VERSION := v1.7.12

# Tools that the project installs for itself, kept out of the user's PATH.
TOOLS := $(CURDIR)/.tools
GOLANGCI_LINT := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION)

export VERSION DIST ARCHES CADDY

# Tests and linters build as packaging/build does, so that what one compiles the
# others need not.
test lint: export CGO_ENABLED = 0
test lint: export GOFLAGS += -trimpath

.DEFAULT_GOAL := help
.PHONY: help run demo test race bench bench-flood bench-rivals bench-scale chaos fuzz second-opinion kube-apiserver mutants lint fmt docs build xcaddy deb dist fips oldest-caddy check-release deps clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: build ## build all, run it on this machine with a local STS, and stay up until Ctrl-C
	@go build -o bin/demo ./integration/demo
	@bin/demo -bin bin

demo: build ## as run, but stops by itself: exit 0 only if each request had the expected outcome
	@go build -o bin/demo ./integration/demo
	@bin/demo -bin bin -once

test: deps ## all tests: units, golden files, attacks on the built gateway, real AWS SDKs (ten minutes)
	go test ./...
	@# go vet would go through all of Kubernetes for it.
	cd integration/kubernetes && go test -vet=off ./...

race: deps ## all tests under the race detector
	go test -race ./...
	cd integration/kubernetes && go test -race -vet=off ./...

bench: ## micro-benchmarks with allocations, as ratios to raw crypto and SHA-256 (five minutes; WRITE=1 writes the page)
	cd bench/micro && go test . && go run . $(if $(WRITE),-write)

bench-flood: ## known callers beside floods of forged tokens, as a table (minutes; WRITE=1 writes the page)
	go run ./bench/flood $(if $(WRITE),-write)

bench-rivals: ## beside HAProxy, Apache, nginx and a Go proxy, which apt-get installs, as tables (twenty minutes; WRITE=1 writes the page)
	go run ./bench/rivals $(if $(WRITE),-write)

bench-scale: ## ten thousand issuers: start-up, memory, floods of key IDs and issuers, as a table (minutes)
	go run ./integration/scale

chaos: ## two minutes of rotations, outages, restarts and reloads under load; SEED=7 repeats one; exit 0 only if all counts are right
	go run ./integration/chaos $(if $(SEED),-seed $(SEED))

fuzz: ## every fuzz target for 30 s each; FUZZTIME=5m for longer, FUZZ=FuzzStrip for one
	@FUZZTIME='$(or $(FUZZTIME),30s)' FUZZ='$(FUZZ)' ./scripts/fuzz

second-opinion: ## go-oidc, go-jose and Kubernetes on 30,000 tokens; exit 0 only if they accept what ours accepts (two minutes)
	cd integration/secondopinion && go test ./... && go run . $(if $(SEED),-seed $(SEED))

kube-apiserver: $(GOLANGCI_LINT) ## docs/recipes/kubernetes.md before a real kube-apiserver and etcd, which are compiled first (ten minutes, once)
	cd integration/kubernetes && $(GOLANGCI_LINT) run
	@mkdir -p $(TOOLS)/kubernetes
	cd integration/kubernetes/apiserver && CGO_ENABLED=0 go build -trimpath -o $(TOOLS)/kubernetes/ k8s.io/kubernetes/cmd/kube-apiserver go.etcd.io/etcd/server/v3
	cd integration/kubernetes && KUBE_APISERVER=$(TOOLS)/kubernetes/kube-apiserver ETCD=$(TOOLS)/kubernetes/server go test -count=1 -v ./...

mutants: ## switch off each control; exit 0 only if a test notices (half an hour; ROW=H2,H3 some; WRITE=1 writes the page)
	go run ./integration/mutants $(if $(ROW),-row $(ROW)) $(if $(WRITE),-write)

lint: $(GOLANGCI_LINT) ## go vet, the linters of .golangci.yml and actionlint, in the versions that are pinned here
	go vet ./...
	$(GOLANGCI_LINT) run
	GOFLAGS= go run github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION) -shellcheck= -pyflakes=

fmt: $(GOLANGCI_LINT) ## format the code
	$(GOLANGCI_LINT) fmt

docs: ## write what is made from the code (attributes, errors, docs/reference/, testdata/api/), and build all pages as a site into dist/site (by Hugo)
	go test ./awstoken -run TestAttributesPage -update
	go test ./caddymodule/remedy -run TestErrorsPage -update
	go test ./caddymodule -run TestReference -update
	go test . -run TestAPI -update
	@docs/site/build dist/site
	@echo "the site is in dist/site; open file://$(CURDIR)/dist/site/index.html in a browser"

build: ## build caddy-awsjwt and devsts into bin/
	@mkdir -p bin
	@echo "building; the first time takes some two minutes"
	go build -o bin/ ./cmd/...

xcaddy: ## build bin/caddy-xcaddy from xcaddy.json, as xcaddy builds Caddy with plugins
	go run ./integration/xcaddy -manifest xcaddy.json -output bin/caddy-xcaddy

deb: ## build dist/caddy-awsjwt_<version>_<arch>.deb (docs/install.md; VERSION=1.2.3, else git's)
	@packaging/build deb

dist: ## build packages, archives, SBOMs and checksums for amd64 and arm64 into dist/ (ARCHES=amd64 for one)
	@packaging/build dist

fips: ## build bin/fips/ with Go's FIPS 140-3 module, and run units and integration in FIPS mode (five minutes; FIPS140=only tries the stricter mode)
	@./scripts/fips

oldest-caddy: ## build with the oldest Caddy that docs/compatibility.md promises, and run module and gateway tests with it (minutes; CADDY=v2.11.9 tries another)
	@./scripts/oldest-caddy

check-release: ## have goreleaser judge .goreleaser.yaml; compiling it takes some minutes, once
	GOFLAGS= go run github.com/goreleaser/goreleaser/v2@$(GORELEASER_VERSION) check

deps: ## install what the tests need and a machine with Go may lack, with apt-get (scripts/deps says what it is for)
	@./scripts/deps

clean: ## remove what was built
	rm -rf bin dist .tools integration/sdk/js/node_modules

# go install refuses a GOFLAGS=-mod=…, and takes about two minutes once.
$(GOLANGCI_LINT):
	@mkdir -p $(TOOLS)
	@echo "installing golangci-lint $(GOLANGCI_LINT_VERSION); this takes about two minutes, once"
	GOFLAGS= GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	mv $(TOOLS)/golangci-lint $@
