import ArgumentParser
import ControlProtocol
import LinuxSurvey
import NDPWire
import ProxyModel

/// What all commands take that list something.
struct ListOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Only what concerns this interface, by any of its names.", valueName: "name"),
    completion: .interfaceNames)
  var interface: String?

  @Flag(
    name: .customLong("tsv"), help: "Print a line for each entry, its fields separated by tabs.")
  var isTabSeparated = false

  /// All names of the interface that is meant, those of this host and the given one; `nil` where
  /// none is.
  var interfaceNames: Set<String>? {
    guard let interface else { return nil }
    let link = try? DetailedLink.readAll().first { $0.link.goes(by: interface) }
    return Set((link?.link.names ?? []) + [interface])
  }

  /// Throws `ValidationError` where two forms are wanted at once.
  func validateForm(_ control: ControlOptions) throws {
    if isTabSeparated, control.json {
      throw ValidationError("--tsv and --json exclude each other.")
    }
  }
}

/// An address or a prefix, as an argument.
struct TargetPrefix: ExpressibleByArgument {
  let prefix: IPv6Prefix

  init?(argument: String) {
    let address = IPv6Address(argument).map { IPv6Prefix($0, length: 128) }
    guard let prefix = IPv6Prefix(argument) ?? address else { return nil }
    self.prefix = prefix
  }
}

extension IPv6Prefix {
  /// Whether some address is in both.
  func overlaps(_ other: IPv6Prefix) -> Bool { contains(other) || other.contains(self) }
}

extension RuleReport {
  /// Whether it is a rule of one of these interfaces, or has targets solicited there.
  ///
  /// Of very many interfaces of a rule the daemon names only the first.
  func concerns(_ names: Set<String>) -> Bool {
    names.contains(proxy)
      || methods.contains { method in
        guard method.hasPrefix("iface ") else { return method.hasPrefix("and ") }
        let pattern = InterfacePattern(String(method.dropFirst(6)))
        return names.contains { pattern.matches($0) }
      }
  }
}

extension SessionReport {
  /// Whether it is of a proxy on one of these interfaces, or is or was solicited there.
  func concerns(_ names: Set<String>) -> Bool {
    names.contains(proxy) || interfaces.contains(where: names.contains)
  }
}
