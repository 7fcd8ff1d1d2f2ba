package import Inspection
import LinuxNet
package import ProxyModel

/// The interfaces of this host, as far as the kernel has told of them.
package final class Host {
  /// How they are; only `Attachments` changes it.
  package internal(set) var table = HostTable()

  package init() {}

  /// The name of an interface, or what stands for it where there is none.
  package func name(of index: InterfaceIndex) -> String {
    table.links[index.rawValue]?.name ?? "interface \(index.rawValue)"
  }
}
