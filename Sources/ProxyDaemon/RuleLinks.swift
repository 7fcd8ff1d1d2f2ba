import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

/// Where targets are asked for, and where their advertisements arrive: any interface but those that
/// do not exist.
///
/// One pair of sockets serves all of them. So a rule may match thousands of interfaces, a route may
/// name any, and one that is deleted and made again is heard from its first frame on.
final class RuleLinks {
  let socket: AllInterfacesSocket
  let sender: AllInterfacesSender
  /// When to look next for frames that were lost.
  var nextLossCount = Instant(nanoseconds: 0)
  private var isListening = false

  /// Throws `EPERM` without CAP_NET_RAW.
  init(listening: Bool) throws(SystemError) {
    socket = try AllInterfacesSocket()
    sender = try AllInterfacesSender()
    try listen(listening)
  }

  /// Hears advertisements from now on, or nothing.
  func listen(_ isOn: Bool) throws(SystemError) {
    guard isOn != isListening else { return }
    if isOn { try socket.receive(Self.advertisements) } else { try socket.silence() }
    isListening = isOn
  }

  private static let advertisements = PacketFilter(solicitationsFor: [], advertisements: true)
}
