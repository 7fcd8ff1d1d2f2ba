# make              build the release: one static ndpproxy, and ndpctl
# make demo         show the proxy at work in a network of its own
# make test         run all tests
# make lint         check the formatting, of the manual pages too
# make conformance  print what we, ndppd and the kernel do with each requirement of the RFCs
# make interfaces   print what we and ndppd do when interfaces come, change and go
# make simulate     play seeded worlds of hosts, routers and faults around the engine
# make fuzz         look for files and frames that the parser, decoder or engine cannot take
# make fuzz-frames  send ten million mutated frames through decoder and engine
# make bench        measure what loading a configuration costs, in a release build
# make scan         measure what a scan of the prefix does to others, in a network of its own
# make install      put the release below PREFIX (and DESTDIR)
# make clean        remove everything that was built

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
UNITDIR ?= $(PREFIX)/lib/systemd/system
FUZZ_SECONDS ?= 60
FRAMES ?= 10000000
SEEDS ?= 300
BENCH ?= configuration

# The daemon is one file that needs nothing of the host, libpcap included.
static_flags = --static-swift-stdlib -Xswiftc -static-executable -Xswiftc -use-ld=lld \
  -Xlinker --gc-sections
static_path = .build/static

.PHONY: all
all: build-packages
	$(SWIFT) build -c release --product ndpproxy $(static_flags) --scratch-path $(static_path)
	$(SWIFT) build -c release --product ndpctl --static-swift-stdlib

.PHONY: demo
demo: lab-packages
	$(SWIFT) build
	.build/debug/ndpctl demo

# The tests on real kernels need a network of their own: root has one, others get one here.
.PHONY: test
test: test-packages
	$(SWIFT) build --build-tests
	if [ "$$(id -u)" = 0 ]; then $(SWIFT) test --skip-build; \
	else unshare --user --map-root-user --net $(SWIFT) test --skip-build; fi

# ROWS="A B07" tries only these. As for the tests, others than root get a network of their own.
.PHONY: conformance
conformance: conformance-packages
	$(SWIFT) build --product ndpproxy
	$(SWIFT) build --product conformance
	.build/debug/conformance $(ROWS)

# EVENTS="deleted renamed" tries only those whose names have one of these words; some ten minutes.
.PHONY: interfaces
interfaces: conformance-packages
	$(SWIFT) build --product ndpproxy
	$(SWIFT) build --product interfaces
	.build/debug/interfaces $(EVENTS)

# SEED=x plays one seed and prints everything; MUTANT and TOPOLOGY as Tests/Simulation says.
.PHONY: simulate
simulate:
	$(SWIFT) build -c release --product simulate
	.build/release/simulate $(if $(SEED),--seed $(SEED),--seeds $(SEEDS)) \
	  $(if $(MUTANT),--mutant $(MUTANT)) $(if $(TOPOLOGY),--topology $(TOPOLOGY))

.PHONY: fuzz
fuzz:
	SWIFT=$(SWIFT) scripts/fuzz configuration $(FUZZ_SECONDS)
	SWIFT=$(SWIFT) scripts/fuzz frames $(FUZZ_SECONDS)

.PHONY: fuzz-frames
fuzz-frames:
	$(SWIFT) build -c release --product simulate
	.build/release/simulate frames --count $(FRAMES)

# BENCH=clients plagues the control socket; it needs the static daemon that 'make' builds.
# BENCH="configuration --rules 1000 10000 --runs 21" measures something else.
.PHONY: bench
bench: build-packages
	$(SWIFT) build -c release --product ndpbench
	.build/release/ndpbench $(BENCH)

.PHONY: scan
scan: lab-packages
	$(SWIFT) build -c release --product ndpbench
	$(SWIFT) build -c release --product ndpproxy
	.build/release/ndpbench scan

.PHONY: lint
lint: lint-packages
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Fuzz Benchmarks
	mandoc -T lint -W warning man/*

# Only copies, so that root needs no Swift and leaves nothing of its own in .build.
.PHONY: install
install:
	@[ -e $(static_path)/release/ndpproxy ] && [ -e .build/release/ndpctl ] \
	  || { echo "nothing is built yet: run 'make' first" >&2; exit 1; }
	install -D -m 755 -s $(static_path)/release/ndpproxy "$(DESTDIR)$(PREFIX)/sbin/ndpproxy"
	install -D -m 755 -s .build/release/ndpctl "$(DESTDIR)$(PREFIX)/bin/ndpctl"
	for shell in bash-completion/completions/ndpctl=bash zsh/site-functions/_ndpctl=zsh \
	  fish/vendor_completions.d/ndpctl.fish=fish; do \
	  .build/release/ndpctl --generate-completion-script $${shell#*=} >.build/completion && \
	  install -D -m 644 .build/completion "$(DESTDIR)$(PREFIX)/share/$${shell%=*}" || exit 1; \
	done
	install -D -m 644 ndpproxy.conf.example \
	  "$(DESTDIR)$(PREFIX)/share/doc/ndpproxy/ndpproxy.conf.example"
	sed 's|/usr/\(s\?bin\)/ndp|$(PREFIX)/\1/ndp|' systemd/ndpproxy.service >.build/ndpproxy.service
	install -D -m 644 .build/ndpproxy.service \
	  "$(DESTDIR)$(UNITDIR)/ndpproxy.service"
	install -D -m 644 man/ndpctl.1 "$(DESTDIR)$(PREFIX)/share/man/man1/ndpctl.1"
	install -D -m 644 man/ndpproxy.8 "$(DESTDIR)$(PREFIX)/share/man/man8/ndpproxy.8"
	install -D -m 644 man/ndpproxy.conf.5 "$(DESTDIR)$(PREFIX)/share/man/man5/ndpproxy.conf.5"

.PHONY: clean
clean:
	rm -rf .build

# Debian packages, each with a file or a command by which it is known to be there.
.PHONY: build-packages lab-packages test-packages conformance-packages lint-packages
build-packages:
	scripts/install-packages libpcap-dev=/usr/include/pcap/pcap.h

lab-packages: build-packages
	scripts/install-packages iproute2=ip iputils-ping=ping procps=sysctl util-linux=nsenter

test-packages: lab-packages
	scripts/install-packages nftables=nft iptables=ip6tables tcpdump=tcpdump \
	  prometheus=promtool python3=/usr/bin/python3 \
	  python3-prometheus-client=/usr/lib/python3/dist-packages/prometheus_client/openmetrics

conformance-packages: lab-packages
	scripts/install-packages ndppd=ndppd nftables=nft

lint-packages:
	scripts/install-packages mandoc=mandoc
