"""What scripts/record-frames runs, in a network namespace of its own: see there."""

import errno
import ipaddress
import os
import platform
import socket
import struct
import subprocess
import sys
import time

# The cast. Octets of the table name these; a loader puts others in their place.
STATION = "02:00:00:00:00:0b"
STATION_NEW = "02:00:00:00:00:1b"
PEER = "02:00:00:00:00:0a"
STATION_LOCAL = "fe80::b"
STATION_GLOBAL = "2001:db8::b"
STATION_SECOND = "2001:db8::b2"
STATION_ANYCAST = "2001:db8::"
PROXIED = "2001:db8::77"
PEER_LOCAL = "fe80::a"
PEER_GLOBAL = "2001:db8::a"
FOREIGNER = "2001:db8:2::1"
NOBODY = "::"
ALL_NODES = "ff02::1"

SOLICITATION, ADVERTISEMENT, ECHO_REQUEST, ECHO_REPLY = 135, 136, 128, 129
ROUTER, SOLICITED, OVERRIDE = 0x80, 0x40, 0x20


# MARK: Octets

def ip(text):
    return ipaddress.IPv6Address(text).packed


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def group(target):
    """The solicited-node multicast address (RFC 4291 section 2.7.1)."""
    return ip("ff02::1:ff00:0")[:13] + ip(target)[13:]


def group_mac(address):
    return b"\x33\x33" + address[12:]


def checksum(source, destination, next_header, payload):
    data = source + destination + struct.pack("!IxxxB", len(payload), next_header) + payload
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(frame_source, frame_destination, source, destination, message, hop_limit=255):
    sum_ = checksum(source, destination, 58, message)
    message = message[:2] + struct.pack("!H", sum_) + message[4:]
    header = struct.pack("!IHBB", 0x60000000, len(message), 58, hop_limit) + source + destination
    return frame_destination + frame_source + b"\x86\xdd" + header + message


def solicitation(target, source, sender, option=True, destination=None, at=None, nonce=None):
    """A neighbor solicitation, by multicast unless a destination is given."""
    message = bytes([SOLICITATION, 0, 0, 0, 0, 0, 0, 0]) + ip(target)
    if option:
        message += b"\x01\x01" + mac(sender)
    if nonce:
        message += b"\x0e\x01" + nonce
    to = ip(destination) if destination else group(target)
    return packet(mac(sender), mac(at) if at else group_mac(to), ip(source), to, message)


def advertisement(target, destination, sender, flags, option=True, at=None, source=None):
    message = bytes([ADVERTISEMENT, 0, 0, 0, flags, 0, 0, 0]) + ip(target)
    if option:
        message += b"\x02\x01" + mac(sender)
    to = ip(destination)
    return packet(mac(sender), mac(at) if at else group_mac(to), ip(source or target), to, message)


def echo(kind, source, destination, sender, at):
    message = bytes([kind, 0, 0, 0, 0, 1, 0, 1])
    return packet(mac(sender), mac(at), ip(source), ip(destination), message, hop_limit=64)


def kind(frame):
    """The ICMPv6 type, or None of what is something else."""
    if len(frame) < 62 or frame[12:14] != b"\x86\xdd" or frame[20] != 58:
        return None
    return frame[54]


def is_discovery(frame):
    return kind(frame) in (SOLICITATION, ADVERTISEMENT)


# MARK: The host and its observer

class Lab:
    """A host with `h0`, and `p0` at the other end of the pair, where we are the peer."""

    def __init__(self, address=True, **settings):
        self.lines = []
        self.commands = []
        # Ends with us whatever happens: its input is a pipe of ours.
        self.holder = subprocess.Popen(
            ["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.holder.stdin.write(b"\n")
        self.holder.stdin.flush()
        self.holder.stdout.readline()
        self._run("ip", "link", "add", "p0", "address", PEER, "type", "veth", "peer", "name",
                  "h0", "address", STATION, "netns", str(self.holder.pid))
        with open("/proc/sys/net/ipv6/conf/p0/disable_ipv6", "w", encoding="ascii") as file:
            file.write("1")
        self._run("ip", "link", "set", "p0", "up", "promisc", "on")
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind(("p0", 0))
        self.host("ip link set lo up")
        # Quiet until told otherwise, and quick about its neighbors.
        self._set("conf.h0", addr_gen_mode=1, accept_ra=0, router_solicitations=0)
        self._set("neigh.h0", delay_first_probe_time=1, retrans_time_ms=1000,
                  base_reachable_time_ms=600)
        for name, value in settings.items():
            self.host(f"sysctl -qw net.ipv6.conf.h0.{name}={value}")
        self._run(*self._inside("ip link set h0 up"))
        self._wait_for_carrier()
        self.take(0.05)
        if address:
            self.address(STATION_LOCAL)
            self.address(STATION_GLOBAL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.holder.stdin.close()
        self.holder.wait(timeout=5)
        subprocess.run(["ip", "link", "del", "p0"], stderr=subprocess.DEVNULL, check=False)

    def _wait_for_carrier(self):
        """Until `p0` sends: the kernel gives it a queue some time after the carrier is there."""
        for _ in range(3000):
            if b" state UP " in subprocess.check_output(["ip", "-o", "link", "show", "p0"]):
                return
            time.sleep(0.01)
        raise SystemExit("record-frames: p0 has no carrier")

    def _run(self, *command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def _inside(self, command):
        return ["nsenter", "-t", str(self.holder.pid), "-n", "sh", "-c", command]

    def _set(self, place, **values):
        words = " ".join(f"net.ipv6.{place}.{name}={value}" for name, value in values.items())
        self._run(*self._inside(f"sysctl -qw {words}"))

    def host(self, command):
        """Runs a command on the host, which the table names."""
        self.commands.append(command)
        self._run(*self._inside(command))

    def address(self, address, flags="nodad"):
        self._run(*self._inside(f"ip address add {address}/64 dev h0 {flags}"))
        self.take(0.02)

    def start(self, command):
        """Runs a command on the host that need not succeed."""
        self.commands.append(command)
        return subprocess.Popen(
            self._inside(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def send(self, frame):
        if is_discovery(frame):
            self.lines.append(("in", frame))
        self.socket.send(frame)

    def take(self, seconds, count=None):
        """Every frame of the host until `seconds` have passed or `count` are there."""
        frames = []
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0 and (count is None or len(frames) < count):
            self.socket.settimeout(rest)
            try:
                frame, place = self.socket.recvfrom(2048)
            except TimeoutError:
                break
            except OSError as error:
                # Told once, of the time before the other end was up.
                if error.errno != errno.ENETDOWN:
                    raise
                continue
            # What we send ourselves is heard as well (PACKET_OUTGOING).
            if place[2] != 4 and is_discovery(frame):
                frames.append(frame)
        return frames

    def expect(self, count=1, seconds=30):
        """Takes down so many frames of the host, or its silence.

        The time is for a machine that is busy: a host that is there answers at once.
        """
        frames = self.take(seconds, count) if count else self.take(0.4)
        self.lines += [("out", frame) for frame in frames] or [("out", None)]
        if len(frames) != count:
            raise SystemExit(
                f"record-frames: expected {count} frames of the host, got {len(frames)}: "
                + " ".join(frame.hex() for frame in frames))
        return frames

    def silence(self):
        return self.expect(0)

    def settle(self):
        """Waits until the host's addresses have none to compete with."""
        time.sleep(0.05)


# MARK: Situations

def ask(lab, target=STATION_GLOBAL, source=PEER_LOCAL, **rest):
    lab.send(solicitation(target, source, PEER, **rest))


def ask_by_unicast(lab, target=STATION_GLOBAL, source=PEER_LOCAL, option=True):
    lab.send(solicitation(target, source, PEER, option, destination=target, at=STATION))


def look_for_duplicates(lab, target=STATION_GLOBAL, nonce=None):
    lab.send(solicitation(target, NOBODY, PEER, option=False, nonce=nonce))


def answer(lab, target, destination, sender=PEER, flags=SOLICITED | OVERRIDE):
    lab.send(advertisement(target, destination, sender, flags, at=STATION))


def forwarding(lab):
    lab.host("sysctl -qw net.ipv6.conf.all.forwarding=1")
    lab.take(0.05)


def proxying(lab):
    forwarding(lab)
    lab.host("sysctl -qw net.ipv6.conf.all.proxy_ndp=1 net.ipv6.conf.h0.proxy_ndp=1")
    lab.host("sysctl -qw net.ipv6.neigh.h0.proxy_delay=0")
    lab.host(f"ip neigh add proxy {PROXIED} dev h0")
    # Only for targets that are elsewhere.
    lab.host("ip link add a0 type veth peer name b0; ip link set a0 up; ip link set b0 up")
    lab.host(f"ip route add {PROXIED} dev b0")


def multicast(lab):
    ask(lab)
    lab.expect()


def multicast_global(lab):
    ask(lab, source=PEER_GLOBAL)
    lab.expect()


def multicast_link_local(lab):
    ask(lab, target=STATION_LOCAL)
    lab.expect()


def multicast_without_option(lab):
    ask(lab, option=False)
    lab.silence()


def multicast_without_option_by_neighbor(lab):
    lab.host(f"ip neigh add {PEER_LOCAL} lladdr {PEER} dev h0 nud permanent")
    ask(lab, option=False)
    lab.expect()


def unicast(lab):
    ask_by_unicast(lab)
    lab.expect()


def unicast_global(lab):
    ask_by_unicast(lab, source=PEER_GLOBAL)
    lab.expect()


def unicast_without_option(lab):
    lab.host(f"ip neigh add {PEER_LOCAL} lladdr {PEER} dev h0 nud permanent")
    ask_by_unicast(lab, option=False)
    lab.expect()


def unicast_without_option_by_stranger(lab):
    ask_by_unicast(lab, option=False)
    lab.expect()
    answer(lab, PEER_LOCAL, STATION_LOCAL)
    lab.expect()


def duplicate(lab):
    look_for_duplicates(lab)
    lab.expect()


def duplicate_with_nonce(lab):
    look_for_duplicates(lab, nonce=bytes(range(1, 7)))
    lab.expect()


def by_router(situation):
    def play(lab):
        forwarding(lab)
        situation(lab)
    return play


def proxy_multicast(lab):
    proxying(lab)
    ask(lab, target=PROXIED)
    lab.expect()


def proxy_unicast(lab):
    proxying(lab)
    ask_by_unicast(lab, target=PROXIED)
    lab.expect()


def proxy_multicast_global(lab):
    proxying(lab)
    ask(lab, target=PROXIED, source=PEER_GLOBAL)
    lab.expect()


def proxy_unicast_global(lab):
    proxying(lab)
    ask_by_unicast(lab, target=PROXIED, source=PEER_GLOBAL)
    lab.expect()


def proxy_duplicate(lab):
    proxying(lab)
    look_for_duplicates(lab, target=PROXIED)
    lab.expect()


def anycast(lab):
    forwarding(lab)
    ask(lab, target=STATION_ANYCAST)
    lab.expect()


def deprecated(lab):
    lab.host(f"ip address change {STATION_GLOBAL}/64 dev h0 preferred_lft 0")
    ask(lab)
    lab.expect()


def tentative(lab):
    lab.host("sysctl -qw net.ipv6.conf.h0.dad_transmits=9 net.ipv6.neigh.h0.retrans_time_ms=9000")
    lab.address(STATION_SECOND, "")
    lab.take(30, 1)
    ask(lab, target=STATION_SECOND)
    lab.expect(0)


def contested(lab):
    """Another host wants the address at the same time: nobody gets it."""
    lab.host("sysctl -qw net.ipv6.conf.h0.dad_transmits=9 net.ipv6.neigh.h0.retrans_time_ms=9000")
    lab.address(STATION_SECOND, "")
    lab.take(30, 1)
    look_for_duplicates(lab, target=STATION_SECOND)
    lab.expect(0)
    ask(lab, target=STATION_SECOND)
    lab.expect(0)


def optimistic(lab):
    lab.host("sysctl -qw net.ipv6.conf.h0.dad_transmits=9 net.ipv6.neigh.h0.retrans_time_ms=9000")
    lab.host("sysctl -qw net.ipv6.conf.h0.optimistic_dad=1")
    lab.address(STATION_SECOND, "optimistic")
    lab.take(30, 1)
    ask(lab, target=STATION_SECOND)
    lab.expect()


def stranger(lab):
    ask(lab, target=PROXIED)
    lab.silence()


def asker_in_state(state):
    def play(lab):
        lab.host(f"ip neigh add {PEER_LOCAL} lladdr {PEER} dev h0 nud {state}")
        # In PROBE it asks in its turn.
        own = lab.expect() if state == "probe" else []
        ask_by_unicast(lab)
        if own:
            answer(lab, PEER_LOCAL, STATION_LOCAL, flags=SOLICITED)
        lab.expect()
    return play


def detection(lab):
    lab.host(f"ip address add {STATION_SECOND}/64 dev h0")
    lab.expect()


def detection_without_nonce(lab):
    lab.host("sysctl -qw net.ipv6.conf.all.enhanced_dad=0 net.ipv6.conf.h0.enhanced_dad=0")
    detection(lab)


def detection_answered(lab):
    detection(lab)
    lab.send(advertisement(STATION_SECOND, ALL_NODES, PEER, OVERRIDE))
    lab.silence()
    ask(lab, target=STATION_SECOND)
    lab.silence()


def announcement_address(lab):
    lab.host("sysctl -qw net.ipv6.conf.h0.ndisc_notify=1")
    lab.host(f"ip address add {STATION_SECOND}/64 dev h0")
    lab.expect(2)


def announcement_link_layer_address(lab):
    lab.host("sysctl -qw net.ipv6.conf.h0.ndisc_notify=1")
    lab.host(f"ip link set h0 address {STATION_NEW}")
    lab.expect(2)


def new_link_layer_address(lab):
    lab.host(f"ip link set h0 address {STATION_NEW}")
    lab.take(0.1)
    ask(lab)
    lab.expect()


def cycle(lab):
    """First contact, REACHABLE, STALE, DELAY, PROBE answered, then unanswered until FAILED."""
    ping = lab.start(f"ping -q -c 1 -W 1 {PEER_GLOBAL}")
    lab.expect()
    answer(lab, PEER_GLOBAL, STATION_GLOBAL)
    lab.socket.send(echo(ECHO_REPLY, PEER_GLOBAL, STATION_GLOBAL, PEER, STATION))
    ping.wait()
    # base_reachable_time_ms is 600, and the kernel takes 0.5 to 1.5 of that.
    time.sleep(1.2)
    for _ in range(1):
        ping = lab.start(f"ping -q -c 1 -W 1 {PEER_GLOBAL}")
        lab.expect()
        answer(lab, PEER_GLOBAL, STATION_GLOBAL, flags=SOLICITED)
        ping.wait()
    time.sleep(1.2)
    ping = lab.start(f"ping -q -c 1 -W 1 {PEER_GLOBAL}")
    lab.expect(3)
    ping.wait()


def first_contact(lab):
    ping = lab.start(f"ping -q -c 1 -W 1 {PEER_GLOBAL}")
    lab.expect()
    ping.kill()
    ping.wait()


def first_contact_link_local(lab):
    ping = lab.start(f"ping -q -c 1 -W 1 {PEER_LOCAL}%h0")
    lab.expect()
    ping.kill()
    ping.wait()


def gateway(lab):
    """A packet to elsewhere makes the host ask for its router: a sign that it is there."""
    lab.host(f"ip route add default via {PEER_LOCAL} dev h0")
    ping = lab.start(f"ping -q -c 1 -W 1 {FOREIGNER}")
    lab.expect()
    answer(lab, PEER_LOCAL, STATION_GLOBAL, flags=ROUTER | SOLICITED | OVERRIDE)
    ping.wait()
    time.sleep(1.2)
    ping = lab.start(f"ping -q -c 1 -W 1 {FOREIGNER}")
    lab.expect()
    ping.kill()
    ping.wait()


def forwarded(lab):
    """A router has a packet for a neighbor, and asks: not from an address of the packet's."""
    forwarding(lab)
    lab.host("ip link add a0 type veth peer name b0 address 02:00:00:00:00:2b")
    lab.host("ip link set a0 up; ip link set b0 up; ip route add 2001:db8:2::/64 dev b0")
    frame = echo(
        ECHO_REQUEST, FOREIGNER, PEER_GLOBAL, "02:00:00:00:00:2a", "02:00:00:00:00:2b").hex()
    program = (
        "import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); "
        f's.bind(("a0", 0)); s.send(bytes.fromhex("{frame}"))')
    send = f"python3 -c '{program}'"

    def pass_on():
        lab._run(*lab._inside(send))

    time.sleep(0.3)
    lab.take(0.05)
    lab.commands.append(f"a packet from {FOREIGNER} to {PEER_GLOBAL} comes in on another link")
    pass_on()
    lab.expect()
    answer(lab, PEER_GLOBAL, STATION_LOCAL)
    time.sleep(1.2)
    pass_on()
    lab.expect()
    answer(lab, PEER_GLOBAL, STATION_LOCAL, flags=SOLICITED)
    time.sleep(1.2)
    pass_on()
    lab.expect(3)


def bridge(lab):
    lab.host("ip link add br0 type bridge")
    lab.host(f"ip link set br0 address {STATION} addrgenmode none")
    lab.host("ip link set h0 master br0; ip link set br0 up")
    lab.host(f"ip address add {STATION_GLOBAL}/64 dev br0 nodad")
    lab.take(0.2)
    ask(lab)
    lab.expect()
    ask_by_unicast(lab)
    lab.expect()


def macvlan(lab):
    lab.host("ip link add m0 link h0 type macvlan mode bridge")
    lab.host(f"ip link set m0 address {STATION_NEW} addrgenmode none; ip link set m0 up")
    lab.host(f"ip address add {STATION_SECOND}/64 dev m0 nodad")
    lab.take(0.2)
    ask(lab, target=STATION_SECOND)
    lab.expect()


HOST, ROUTER_, PROXY = "host", "router", "proxy"

# Name, what it is about, what to do, and whether the host starts with its addresses.
SITUATIONS = [
    ("host/answer-multicast", "asked by multicast", multicast),
    ("host/answer-multicast-global", "the same, from a global address", multicast_global),
    ("host/answer-multicast-link-local", "the same for a link-local target",
     multicast_link_local),
    ("host/answer-multicast-without-option",
     "asked by somebody that it does not know, who does not say where to answer",
     multicast_without_option),
    ("host/answer-multicast-without-option-by-neighbor", "the same, by a neighbor that it knows",
     multicast_without_option_by_neighbor),
    ("host/answer-unicast", "asked by unicast", unicast),
    ("host/answer-unicast-global", "the same, from a global address", unicast_global),
    ("host/answer-unicast-without-option", "by unicast, by a neighbor that it knows",
     unicast_without_option),
    ("host/answer-unicast-without-option-by-stranger",
     "by unicast, without a link-layer address, by somebody that it does not know",
     unicast_without_option_by_stranger),
    ("host/answer-duplicate-detection", "another host wants its address", duplicate),
    ("host/answer-duplicate-detection-with-nonce", "the same, with a nonce (RFC 7527)",
     duplicate_with_nonce),
    ("host/answer-asker-stale", "asked by a neighbor in state STALE", asker_in_state("stale")),
    ("host/answer-asker-probe", "asked by a neighbor in state PROBE", asker_in_state("probe")),
    ("host/answer-deprecated", "its address is deprecated", deprecated),
    ("host/answer-tentative", "its address is still tentative", tentative),
    ("host/answer-contested", "two hosts want a tentative address", contested),
    ("host/answer-optimistic", "its address is optimistic (RFC 4429)", optimistic),
    ("host/answer-stranger", "asked for an address that it does not have", stranger),
    ("host/answer-bridge", "its address is on a bridge, then asked by unicast", bridge),
    ("host/answer-macvlan", "its address is on a macvlan", macvlan),
    ("host/answer-new-link-layer-address", "its link-layer address has changed",
     new_link_layer_address),
    ("host/duplicate-detection", "it gets a new address", detection),
    ("host/duplicate-detection-without-nonce", "the same without RFC 7527",
     detection_without_nonce),
    ("host/duplicate-detection-answered", "somebody has that address", detection_answered),
    ("host/announcement-address", "it announces a new address", announcement_address),
    ("host/announcement-link-layer-address", "it announces a new link-layer address",
     announcement_link_layer_address),
    ("host/question", "it has a packet for a neighbor", first_contact),
    ("host/question-link-local", "the same for a link-local address",
     first_contact_link_local),
    ("host/question-cycle",
     "first contact; REACHABLE, STALE, DELAY, PROBE answered; PROBE without an answer",
     cycle),
    ("host/question-gateway", "a packet to elsewhere, so that it asks for its router; PROBE",
     gateway),
    ("router/answer-multicast", "asked by multicast", by_router(multicast)),
    ("router/answer-unicast", "asked by unicast", by_router(unicast)),
    ("router/answer-multicast-global", "the same, from a global address",
     by_router(multicast_global)),
    ("router/answer-unicast-global", "the same, from a global address",
     by_router(unicast_global)),
    ("router/answer-duplicate-detection", "another host wants its address",
     by_router(duplicate)),
    ("router/answer-anycast", "asked for its subnet-router anycast address", anycast),
    ("router/duplicate-detection", "it gets a new address", by_router(detection)),
    ("router/announcement-address", "it announces a new address",
     by_router(announcement_address)),
    ("router/announcement-link-layer-address", "it announces a new link-layer address",
     by_router(announcement_link_layer_address)),
    ("router/question-cycle",
     "it forwards: first contact; REACHABLE, STALE, DELAY, PROBE answered; PROBE without an answer",
     forwarded),
    ("proxy/answer-multicast", "asked by multicast for what it proxies", proxy_multicast),
    ("proxy/answer-unicast", "asked by unicast for what it proxies", proxy_unicast),
    ("proxy/answer-multicast-global", "the same, from a global address", proxy_multicast_global),
    ("proxy/answer-unicast-global", "the same, from a global address", proxy_unicast_global),
    ("proxy/answer-duplicate-detection", "another host wants what it proxies",
     proxy_duplicate),
]


# MARK: The table

HEADER = """\
# situation | direction | octets of the Ethernet frame; '-' is silence for 400 ms
# in: sent to the station; out: sent by it. Only neighbor solicitations and advertisements.
# Lines that begin with '#' say what the next situation is, and which commands make it.
#
# station %(STATION)s, %(STATION_LOCAL)s, %(STATION_GLOBAL)s, and later %(STATION_SECOND)s
#   and %(STATION_NEW)s; it proxies %(PROXIED)s
# peer    %(PEER)s, %(PEER_LOCAL)s, %(PEER_GLOBAL)s""" % globals()


def show(name, what, commands, lines):
    print(f"\n# {name}: {what}")
    for command in commands:
        print(f"#   {command}")
    for direction, frame in lines:
        print(f"{name} | {direction:3} | {frame.hex() if frame else '-'}")


def record(wanted):
    unknown = set(wanted) - {name for name, _, _ in SITUATIONS}
    if unknown:
        raise SystemExit(f"record-frames: no situation is called {', '.join(sorted(unknown))}")
    print("# Neighbor Discovery of a Linux kernel, recorded by scripts/record-frames.")
    print(f"# kernel: {platform.system()} {platform.release()} {platform.machine()}")
    print(HEADER)
    for name, what, play in SITUATIONS:
        if wanted and name not in wanted:
            continue
        with Lab() as lab:
            lab.commands = []
            play(lab)
            show(name, what, lab.commands, lab.lines)


# MARK: Derived

def derived(title, source, is_kame, nonce):
    """The frames that sources of other systems prescribe; nobody recorded them."""
    print(f"# Neighbor Discovery of {title}: DERIVED, not recorded.")
    print(f"# {source}")
    print("# Made by scripts/record-frames --derived; the columns are those of a recording.")
    print(HEADER)

    def table(name, what, *lines):
        show(name, what, [], lines)

    def answers(name, what, role, flags, asker, question, with_option):
        # KAME's come from an address of the asker's scope; of others that is not known.
        own = STATION_GLOBAL if not is_kame or asker == PEER_GLOBAL else STATION_LOCAL
        to_all = asker == NOBODY
        table(f"{role}/{name}", what, ("in", question), ("out", advertisement(
            STATION_GLOBAL, ALL_NODES if to_all else asker, STATION, flags, with_option,
            at=None if to_all else PEER, source=own)))

    for role, router in ((HOST, 0), (ROUTER_, ROUTER)):
        for asker, suffix in ((PEER_LOCAL, ""), (PEER_GLOBAL, "-global")):
            answers(f"answer-multicast{suffix}", f"asked by multicast from {asker}", role,
                    router | SOLICITED | OVERRIDE, asker,
                    solicitation(STATION_GLOBAL, asker, PEER), True)
            answers(f"answer-unicast{suffix}", f"asked by unicast from {asker}", role,
                    router | SOLICITED | (0 if is_kame else OVERRIDE), asker,
                    solicitation(STATION_GLOBAL, asker, PEER, destination=STATION_GLOBAL,
                                 at=STATION), not is_kame)
        answers("answer-duplicate-detection", "another host wants its address", role,
                router | OVERRIDE, NOBODY,
                solicitation(STATION_GLOBAL, NOBODY, PEER, option=False), True)
        detection_ = solicitation(STATION_SECOND, NOBODY, STATION, option=False, nonce=nonce)
        unsolicited = advertisement(
            STATION_SECOND, ALL_NODES, STATION, router | OVERRIDE,
            source=STATION_LOCAL if is_kame else STATION_SECOND)
        table(f"{role}/announcement-address", "it gets and announces a new address",
              ("out", detection_), ("out", unsolicited))
        # A forwarded packet has no address of the router's.
        first = solicitation(PEER_GLOBAL, STATION_LOCAL if router else STATION_GLOBAL, STATION)
        probe = solicitation(PEER_GLOBAL, STATION_GLOBAL, STATION, option=is_kame,
                             destination=PEER_GLOBAL, at=PEER)
        table(f"{role}/question-cycle", "first contact; PROBE answered; PROBE without an answer",
              ("out", first),
              ("in", advertisement(PEER_GLOBAL, STATION_LOCAL if router else STATION_GLOBAL, PEER,
                                   SOLICITED | OVERRIDE, at=STATION)),
              ("out", probe),
              ("in", advertisement(PEER_GLOBAL, STATION_GLOBAL, PEER, SOLICITED, at=STATION)),
              ("out", probe), ("out", probe), ("out", probe))


DERIVED = {
    "kame": (
        "FreeBSD, OpenBSD, NetBSD, macOS, Junos (from KAME)",
        "By netinet6/nd6_nbr.c, nd6_ns_input(), nd6_na_output() and nd6_ns_output(): no option and"
        "\n# no Override flag to a unicast question; answers come from an address of the asker's"
        "\n# scope; questions carry the option; a nonce in duplicate detection (RFC 7527), as FreeBSD"
        "\n# and NetBSD do. That Junos is no different is an assumption.",
        True, bytes(range(0x11, 0x17))),
    "explicit": (
        "Windows, IOS and others that always say where they are",
        "By RFC 4861 section 7.2.4, which lets the answer to a unicast question name the link-layer"
        "\n# address, and then has the Override flag set; section 7.2.2 lets a unicast question leave"
        "\n# the option out. No nonce. Their sources are not published.",
        False, None),
}


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--derived"]:
        if arguments[1:] and arguments[1] in DERIVED:
            derived(*DERIVED[arguments[1]])
        else:
            raise SystemExit(f"usage: record-frames --derived {'|'.join(DERIVED)}")
    else:
        record(arguments)
