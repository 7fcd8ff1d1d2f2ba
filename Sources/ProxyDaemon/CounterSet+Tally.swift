import ControlProtocol
import NDPWire
import ProxyEngine
import ProxyModel

extension CounterSet {
  init(_ tally: Tally) {
    self.init()
    solicitationsReceived = tally.solicitationsReceived
    advertisementsReceived = tally.advertisementsReceived
    answered = tally.advertised
    asked = tally.solicited
    malformed = NamedCounts(DropReason.allCases.map { (name: "\($0)", count: tally[$0]) })
    ignored = NamedCounts(DiscardReason.allCases.map { (name: "\($0)", count: tally[$0]) })
  }
}
