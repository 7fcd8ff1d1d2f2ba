import DaemonLog
import Inspection
import LinuxNet
import ProxyModel

/// One interface that rules name: whether it is there, whether it is up, and its sockets.
final class Attachment {
  let name: String
  private(set) var state = State.absent(.missing)
  private let ports: Ports

  /// Any may follow any other, as the kernel tells of the interface.
  enum State {
    /// There is nothing to open a socket on, for this reason.
    case absent(InterfaceCondition)
    /// It is down. A socket on it comes to life with it; only rules that answer need one.
    case down(Port?)
    case open(Port?)
    /// The kernel refuses a socket for this reason, which may pass.
    case failing(String)
  }

  init(name: String, ports: Ports) {
    self.name = name
    self.ports = ports
  }

  var port: Port? {
    switch state {
    case .down(let port), .open(let port): port
    case .absent, .failing: nil
    }
  }

  var isFailing: Bool { if case .failing = state { true } else { false } }

  /// How things are, in the words that are told.
  var condition: InterfaceCondition {
    switch state {
    case .absent(let condition): condition
    case .down: .down
    case .open: .usable
    case .failing(let reason): .failing(reason)
    }
  }

  /// Closes its sockets, unless they are on this interface.
  func leave(unlessOn index: InterfaceIndex? = nil) {
    guard let port, port.index != index else { return }
    ports.close(port)
    state = .absent(.missing)
  }

  /// Goes by how things are with the interface of its name, which has that index if there is one.
  ///
  /// `purpose` is what is wanted of it where rules answer there.
  func update(
    to condition: InterfaceCondition, on index: InterfaceIndex?,
    for purpose: InterfacePlan.Purpose?,
    filter: @autoclosure () -> PacketFilter
  ) {
    let index = condition.allowsSocket ? index : nil
    leave(unlessOn: index)
    guard let index else { return state = .absent(condition) }
    guard let purpose else { return state = condition == .down ? .down(nil) : .open(nil) }
    if let holder = ports[index], holder.name != name {
      return state = .absent(.taken(holder.name))
    }
    do {
      let port =
        if let port { port } else {
          try ports.open(name, on: index, for: purpose, filter: filter())
        }
      port.joinGroups(log: ports.log)
      state = condition == .down ? .down(port) : .open(port)
    } catch {
      state = .failing("\(error)")
    }
  }

  /// Has its sockets listen for what rules want by now.
  func change(to purpose: InterfacePlan.Purpose?, filter: @autoclosure () -> PacketFilter) {
    guard let port else { return }
    guard let purpose else { return leave() }
    do {
      try port.change(to: purpose, filter: filter())
    } catch {
      // They are opened anew next, or when netlink says that they can be.
      ports.log.debug("\(name): \(error)")
      leave()
    }
  }
}
