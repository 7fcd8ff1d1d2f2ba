package import LinuxNet

// What sockets do for us: packet sockets, and what tests put in their place.

/// Receives the frames of one interface, as `PacketSocket` does.
package protocol FrameReceiver: Pollable {
  var isAttached: Bool { get }
  func receive(_ body: (RawSpan, Bool) -> Void) throws(SystemError) -> Int
  func receive(_ excess: PacketSocket.Excess, _ isOn: Bool) throws(SystemError)
  func setFilter(_ filter: PacketFilter) throws(SystemError)
  func takeOverrunCount() -> UInt64
}

/// Sends frames on one interface, as `PacketSender` does.
package protocol FrameSender: AnyObject {
  var isPending: Bool { get }
  var unsentCount: UInt64 { get }
  func enqueue(_ encode: (inout MutableRawSpan) -> Int)
  func flush()
}

/// Receives the frames of all interfaces, as `AllInterfacesSocket` does.
package protocol AllInterfacesReceiver: Pollable {
  func receive(_ filter: PacketFilter) throws(SystemError)
  func silence() throws(SystemError)
  func receive(_ body: (RawSpan, Bool, Int32) -> Void) throws(SystemError) -> Int
  func takeOverrunCount() -> UInt64
}

/// Sends frames on any interface, as `AllInterfacesSender` does.
package protocol AnyInterfaceSender: AnyObject {
  var isPending: Bool { get }
  var unsentCount: UInt64 { get }
  func enqueue(on interface: Int32, _ encode: (inout MutableRawSpan) -> Int)
  func flush()
}

extension PacketSocket: FrameReceiver {}
extension PacketSender: FrameSender {}
extension AllInterfacesSocket: AllInterfacesReceiver {}
extension AllInterfacesSender: AnyInterfaceSender {}
