public import NDPWire

extension Ruleset {
  /// `require`: something that must hold on this host for a proxy or a rule to be in force.
  ///
  /// Whoever decides which gateway is the master (VRRP, a routing daemon, a script) shows it by
  /// such a fact.
  public enum Condition: Hashable, Sendable {
    /// `address`: some interface of this host that is up and running has this address, and it is
    /// not tentative.
    case address(IPv6Address)

    /// `route`: the kernel has a route for just this prefix that leads somewhere.
    ///
    /// Only one that leaves by the interface, and that was made by this protocol, where these are
    /// given.
    case route(IPv6Prefix, via: String?, origin: RouteOrigin?)

    /// `link`: the interface of this name is up and running.
    case link(String)

    /// `file`: there is something with this absolute path, even a symbolic link that leads nowhere.
    case file(String)

    /// `gate`: `ndpctl gate` has set the gate of this name on.
    case gate(String)
  }

  /// Which daemon, or what else, made a route (`rtm_protocol`, rtnetlink(7)).
  public struct RouteOrigin: Hashable, Sendable {
    /// As it is written in the file.
    public let name: String

    /// The numbers that the kernel may have for it, at least one.
    public let numbers: Set<UInt8>

    /// Reads a name of iproute2's `rt_protos`, `frr` for all daemons of FRR, or a number up to 255.
    public init?(_ text: String) {
      if let known = Self.known[text] {
        (name, numbers) = (text, known)
      } else if text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
        let number = UInt8(text), "\(number)" == text
      {
        (name, numbers) = (text, [number])
      } else {
        return nil
      }
    }

    /// Every name, in the order of the alphabet.
    public static var names: [String] { known.keys.sorted() }

    /// The numbers of linux/rtnetlink.h, and those of FRR's zebra/rt_netlink.h.
    private static let known: [String: Set<UInt8>] = [
      "kernel": [2], "boot": [3],
      // Where FRR is installed, iproute2 shows its static routes by this name, too.
      "static": [4, 196], "ra": [9], "zebra": [11], "bird": [12],
      "dhcp": [16], "keepalived": [18], "babel": [42], "bgp": [186], "isis": [187],
      "ospf": [188], "rip": [189], "eigrp": [192], "frr": Set([11, 42] + Array(186...198)),
    ]
  }
}

extension Ruleset.Proxy {
  /// Whether the proxy or one of its rules has a condition.
  public var hasConditions: Bool {
    !conditions.isEmpty || rules.contains { !$0.conditions.isEmpty }
  }
}

extension Ruleset {
  /// Whether any proxy has a program to run.
  public var hasPrograms: Bool {
    proxies.contains { !$0.takeOverProgram.isEmpty || !$0.releaseProgram.isEmpty }
  }

  /// Every condition of proxies and rules, each once, in the order of the file.
  public var conditions: [Condition] {
    var seen: Set<Condition> = []
    let all = proxies.flatMap { proxy in proxy.conditions + proxy.rules.flatMap { $0.conditions } }
    return all.filter { seen.insert($0).inserted }
  }
}

extension Ruleset.Condition: CustomStringConvertible {
  /// As it is written in the file, behind `require`.
  public var description: String {
    switch self {
    case .address(let address): return "address \(address)"
    case .route(let prefix, let interface, let origin):
      let via = interface.map { " via \($0)" } ?? ""
      let proto = origin.map { " proto \($0.name)" } ?? ""
      return "route \(prefix)\(via)\(proto)"
    case .link(let name): return "link \(name)"
    case .file(let path): return "file \(path.quotedIfNeeded)"
    case .gate(let name): return "gate \(name)"
    }
  }
}
