import NDPWire
import NetworkLab

extension ObservedMessage {
  /// Whether it is an advertisement.
  var isAnswer: Bool { if case .advertisement = frame { true } else { false } }

  /// The station or group that its frame goes to.
  var destination: MACAddress {
    switch frame {
    case .solicitation(let frame): frame.destination
    case .advertisement(let frame): frame.destination
    }
  }
}
