import LinuxNet
import NDPWire
import ProxyEngine

/// One interface on which the daemon listens and speaks.
final class Port {
  let index: InterfaceIndex
  let name: String
  let socket: PacketSocket
  /// Whether frames wait to be flushed.
  private(set) var isPending = false
  private var purpose: Purpose

  /// What an interface is for; one may be both at once.
  struct Purpose: Equatable {
    /// The prefixes of its rules on a proxy interface; none on others.
    var solicitedPrefixes: [IPv6Prefix] = []
    /// On a rule interface: whether answers to our own solicitations are wanted.
    var takesAdvertisements = false

    var filter: PacketFilter {
      PacketFilter(solicitationsFor: solicitedPrefixes, advertisements: takesAdvertisements)
    }
  }

  init(index: InterfaceIndex, name: String, purpose: Purpose) throws(SystemError) {
    self.index = index
    self.name = name
    self.purpose = purpose
    // Answers to us come by unicast; questions for other people's addresses by any group.
    socket = try PacketSocket(
      interfaceIndex: index.rawValue, filter: purpose.filter,
      allMulticast: !purpose.solicitedPrefixes.isEmpty)
  }

  /// Listens for advertisements from now on, besides what it listens for already.
  func takeAdvertisements() throws(SystemError) {
    guard !purpose.takesAdvertisements else { return }
    purpose.takesAdvertisements = true
    try socket.setFilter(purpose.filter)
  }

  func enqueue(_ encode: (inout MutableRawSpan) -> Int) {
    socket.enqueue(encode)
    isPending = true
  }

  func flush() {
    socket.flush()
    isPending = false
  }
}
