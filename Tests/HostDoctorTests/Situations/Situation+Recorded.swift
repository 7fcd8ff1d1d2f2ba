extension Situation {
  /// Hosts with the rulesets that programs load (scripts/record-rulesets).
  ///
  /// Echo requests may pass where TCP does not.
  static let recorded: [Situation] =
    ufw + firewalld + docker + [
      Situation(
        recorded: "libvirt-9.0.0", "libvirt 9.0.0: a network of guests beside the members"),
      Situation(recorded: "incus-6.0.4", "Incus 6.0.4: a network beside the members"),
      Situation(
        recorded: "incus-members-6.0.4", "Incus 6.0.4: the members are instances"),
      Situation(
        recorded: "incus-members-6.0.4", "Incus 6.0.4: the members are instances, beside Docker",
        fault: "D11", .neither,
        files: "ip6tables-restore <$RULESETS/docker-ipv6-26.1.5.rules"),
    ]

  private static let ufw = [
    Situation(
      recorded: "ufw-0.36.2", "ufw 0.36.2: enabled, nothing else", fault: "D10",
      isReached: true, .neither, files: enabled),
    Situation(
      recorded: "ufw-forward-accept-0.36.2", "ufw 0.36.2: default allow routed", files: enabled),
    Situation(
      recorded: "ufw-forward-reject-0.36.2", "ufw 0.36.2: default reject routed", fault: "D10",
      isReached: true, .neither, files: enabled),
    Situation(
      recorded: "ufw-route-allow-0.36.2", "ufw 0.36.2: route allow, both ways", files: enabled),
    Situation(
      recorded: "ufw-route-allow-in-0.36.2", "ufw 0.36.2: route allow, to the members alone",
      fault: "D10", isReached: true, .inward, files: enabled),
    Situation(
      recorded: "ufw-route-deny-0.36.2", "ufw 0.36.2: route deny, to the members", note: "D10",
      isReached: true, .outward, files: enabled),
    Situation(
      recorded: "ufw-route-limit-0.36.2", "ufw 0.36.2: route limit", files: enabled),
    Situation(
      recorded: "ufw-without-ipv6-0.36.2", "ufw 0.36.2: IPV6=no", fault: "D10", .neither,
      files: enabled + "echo IPV6=no > $ROOT/etc/default/ufw"),
  ]

  private static let enabled =
    "mkdir -p $ROOT/etc/ufw $ROOT/etc/default; echo ENABLED=yes > $ROOT/etc/ufw/ufw.conf; "
    + "echo IPV6=yes > $ROOT/etc/default/ufw; "

  private static let firewalld = [
    Situation(
      recorded: "firewalld-1.3.3", "firewalld 1.3.3: no zone has an interface", fault: "D10",
      .neither),
    Situation(
      recorded: "firewalld-2.3.1", "firewalld 2.3.1: no zone has an interface", fault: "D10",
      .neither),
    Situation(
      recorded: "firewalld-zones-1.3.3", "firewalld 1.3.3: two zones", fault: "D10", .neither),
    Situation(
      recorded: "firewalld-zones-2.3.1", "firewalld 2.3.1: two zones", fault: "D10", .neither),
    Situation(
      recorded: "firewalld-policy-1.3.3", "firewalld 1.3.3: policies between two zones"),
    Situation(
      recorded: "firewalld-policy-2.3.1", "firewalld 2.3.1: policies between two zones"),
    Situation(recorded: "firewalld-one-zone-1.3.3", "firewalld 1.3.3: one zone"),
    Situation(
      recorded: "firewalld-trusted-1.3.3", "firewalld 1.3.3: the members' zone is trusted",
      note: "D10", .outward),
    Situation(
      recorded: "firewalld-drop-1.3.3",
      "firewalld 1.3.3: the router's zone drops, the members' is trusted", note: "D10", .outward),
  ]

  private static let docker = [
    Situation(recorded: "docker-28.5.2", "Docker 28.5.2: beside the members"),
    Situation(recorded: "docker-ipv6-28.5.2", "Docker 28.5.2: with IPv6, beside the members"),
    Situation(
      recorded: "docker-ipv6-forwards-28.5.2",
      "Docker 28.5.2: with IPv6, and it enabled forwarding", fault: "D11", .neither),
    Situation(
      recorded: "docker-ipv6-26.1.5", "Docker 26.1.5: with IPv6", fault: "D11", .neither),
    Situation(
      recorded: "docker-ipv6-26.1.5", "Docker 26.1.5: with IPv6, DOCKER-USER accepts",
      files: "ip6tables -I DOCKER-USER -i zt0 -j ACCEPT; ip6tables -I DOCKER-USER -o zt0 -j ACCEPT"),
    Situation(
      recorded: "docker-ipv6-20.10.24", "Docker 20.10.24: with IPv6", fault: "D11", .neither),
    Situation(
      recorded: "docker-members-routed-28.5.2",
      "Docker 28.5.2: the members are containers of a routed network", note: "D11",
      isReached: true, .outward),
    Situation(
      recorded: "docker-members-nat-28.5.2",
      "Docker 28.5.2: the members are containers of a network with NAT", note: "D11", .outward),
  ]

  /// Where the rulesets are.
  static let rulesets: String = {
    let directory = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return "/\(directory)/Rulesets"
  }()

  /// A host with a recorded ruleset, which is loaded before the lines `files` are run.
  private init(
    recorded file: String, _ name: String, fault: String? = nil, note: String? = nil,
    isReached: Bool = false, _ connections: Connections = .both, files: String = ""
  ) {
    self.init(name: name, fault: fault)
    // Only the program that made a table can own it.
    let load =
      file.hasPrefix("firewalld") || file.hasPrefix("incus")
      ? "sed '/^\tflags owner/d' $RULESETS/\(file).rules | nft -f -"
      : "ip6tables-restore <$RULESETS/\(file).rules"
    script = [load, files]
    self.note = note
    self.connections = connections
    breaksPing = !isReached
  }
}
