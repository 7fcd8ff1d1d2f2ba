import Inspection
import ProxyModel

/// The interfaces of this host, as far as the kernel has told of them.
final class Host {
  var table = HostTable()

  func name(of index: InterfaceIndex) -> String {
    table.links[index.rawValue]?.name ?? "interface \(index.rawValue)"
  }
}
