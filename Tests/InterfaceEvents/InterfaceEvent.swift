import Conformance
import NDPWire
import NetworkLab
import Scenarios

/// Something that happens to an interface under a running daemon, and how it ends.
package struct InterfaceEvent: Sendable, CustomStringConvertible {
  /// What happens, in a few words.
  package let name: String
  /// What the interface is for.
  package let part: Part
  /// What the gateway's interfaces are made of.
  var layout = Layout.plain
  /// Done before the daemon starts.
  var preparation: [Step] = []
  /// Whether it has happened before the daemon starts.
  var happensBeforeStart = false
  /// What happens.
  let steps: [Step]
  /// What puts an end to it; nothing if it is over at once.
  var remedy: [Step] = []
  /// For how long nobody asks while it lasts.
  ///
  /// More than three seconds let targets that are asked for in vain fail, which must not be held
  /// against them when the interface is usable again.
  var silence = Duration.seconds(1)
  /// What is right as long as it lasts.
  var meanwhile = Meanwhile.silent
  /// What our log has to say of it, if anything.
  var isLoggedWith: String?
  /// The link-layer address that is told afterwards; by default the one of before.
  var linkLayerAddress = FoundingNetwork.gatewayLinkLayerAddress

  package var description: String { "\(part): \(name)" }

  /// What the interface is for, and the configuration that makes it so.
  package enum Part: String, CaseIterable, Sendable, CustomStringConvertible {
    case proxy = "proxy interface"
    case rule = "`iface zt0`"
    case pattern = "`iface zt*`"
    case auto = "`auto`"

    package var description: String { rawValue }

    /// The interface to which it happens.
    package var wire: Wire { self == .proxy ? .outer : .inner }

    /// The configuration file.
    package var configuration: String {
      let method =
        switch self {
        case .proxy: "static"
        case .rule: "iface zt0"
        case .pattern: "iface zt*"
        case .auto: "auto"
        }
      return """
        proxy eth0 {
          rule \(FoundingNetwork.insidePrefix) {
            \(method)
          }
        }

        """
    }
  }

  /// What is right while the interface cannot do its part.
  package enum Meanwhile: Sendable {
    /// Nobody may be answered.
    case silent
    /// There is another way, so answers go on.
    case answering
    /// What was known may be answered.
    case either
  }

  /// Something that is done to the network or the daemon.
  enum Step: Sendable {
    /// Lines for `ip -batch` on the gateway; `{elsewhere}` stands for another namespace.
    case ip([String])
    /// The same in that other namespace, where `{gateway}` stands for the gateway's.
    case elsewhere([String])
    /// The same at the other end of the interface's cable.
    case segment([String])
    /// A new cable, with the index of the old one if so wanted.
    case plug(keepsIndex: Bool)
    /// A second cable to the same segment, with an interface of this name.
    case plugSpare(String, MACAddress)
    /// Sets a variable below `/proc/sys/net/ipv6/conf` on the gateway.
    case set(String, String)
    /// Stops the daemon, so that it takes up nothing.
    case suspend
    /// More changes than a netlink socket holds.
    case storm
    /// Lets the daemon go on.
    case resume
  }
}
