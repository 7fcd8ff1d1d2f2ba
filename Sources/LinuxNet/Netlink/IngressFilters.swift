import CLinux

/// Programs that traffic control runs for packets that come in on an interface (tc-bpf(8), Linux
/// 4.5), each known by one priority, one handle and the name `ndpproxy`.
///
/// The kernel keeps them until they are removed, or their interface is. Needs CAP_NET_ADMIN.
package final class IngressFilters {
  private let socket: NetlinkSocket

  /// By these tc(8) shows our filters; what others have comes first, unless it has a higher number.
  package static let priority: UInt16 = 28260
  /// What tc(8) shows beside it.
  package static let name = "ndpproxy"
  private static let handle: UInt32 = 1

  // Of linux/rtnetlink.h and linux/pkt_sched.h.
  private static let newQueueing = 36
  private static let newFilter = 44
  private static let deleteFilter = 45
  private static let getFilter = 46
  private static let classifierParent: UInt32 = 0xffff_fff1
  private static let classifierHandle: UInt32 = 0xffff_0000
  private static let ingress: UInt32 = 0xffff_fff2
  private enum Attribute {
    static let kind: UInt16 = 1
    static let options: UInt16 = 2
    static let programDescriptor: UInt16 = 6
    static let programName: UInt16 = 7
    static let programFlags: UInt16 = 8
  }

  /// Throws `SystemError`.
  package init() throws(SystemError) { socket = try NetlinkSocket(groups: 0) }

  /// Has a program run for the IPv6 packets of an interface, in place of an earlier one of ours.
  ///
  /// Throws `EEXIST` where somebody else has a filter with our priority and handle.
  package func set(_ program: CInt, on interface: Int32) throws(SystemError) {
    var queueing = message(
      interface, handle: Self.classifierHandle, parent: Self.classifierParent, info: 0)
    queueing.append(attribute: Attribute.kind, octets: Self.text("clsact"))
    let create = Int(NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK)
    let refusal = try socket.ask(
      Self.newQueueing, flags: create, payload: queueing, { _, _ in })
    if let refusal, refusal != .fileExists {
      throw SystemError("prepare interface \(interface) for filters", refusal)
    }
    let isOurs = try has(on: interface)
    var options: [UInt8] = []
    options.append(attribute: Attribute.programDescriptor, UInt32(program))
    options.append(attribute: Attribute.programName, octets: Self.text(Self.name))
    // What it returns is what becomes of the packet.
    options.append(attribute: Attribute.programFlags, UInt32(1))
    var filter = message(interface, handle: Self.handle, parent: Self.ingress, info: Self.info)
    filter.append(attribute: Attribute.kind, octets: Self.text("bpf"))
    filter.append(attribute: Attribute.options, octets: options)
    let flags = Int(NLM_F_CREATE | NLM_F_ACK) | (isOurs ? 0 : Int(NLM_F_EXCL))
    if let refusal = try socket.ask(Self.newFilter, flags: flags, payload: filter, { _, _ in }) {
      throw SystemError("attach to interface \(interface)", refusal)
    }
  }

  /// Removes our filter from an interface, if there is one.
  package func remove(from interface: Int32) throws(SystemError) {
    guard try has(on: interface) else { return }
    var filter = message(interface, handle: Self.handle, parent: Self.ingress, info: Self.info)
    filter.append(attribute: Attribute.kind, octets: Self.text("bpf"))
    let refusal = try socket.ask(
      Self.deleteFilter, flags: Int(NLM_F_ACK), payload: filter, { _, _ in })
    if let refusal, refusal != .noSuchFileOrDirectory {
      throw SystemError("remove the filter from interface \(interface)", refusal)
    }
  }

  /// Whether an interface has our filter.
  package func has(on interface: Int32) throws(SystemError) -> Bool {
    var filter = message(interface, handle: Self.handle, parent: Self.ingress, info: Self.info)
    filter.append(attribute: Attribute.kind, octets: Self.text("bpf"))
    var isOurs = false
    let headerLength = 20
    _ = try socket.ask(Self.getFilter, flags: 0, payload: filter) { message, payload in
      guard Int(message.type) == Self.newFilter else { return }
      forEachAttribute(in: payload, behind: headerLength) { attribute, value in
        guard attribute == Attribute.options else { return }
        forEachAttribute(in: value, behind: 0) { attribute, value in
          if attribute == Attribute.programName, value.text == Self.name { isOurs = true }
        }
      }
    }
    return isOurs
  }

  /// The priority, and `ETH_P_IPV6` in network order.
  private static var info: UInt32 { UInt32(priority) << 16 | UInt32(UInt16(0x86dd).bigEndian) }

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

  /// `struct tcmsg`.
  private func message(
    _ interface: Int32, handle: UInt32, parent: UInt32, info: UInt32
  ) -> [UInt8] {
    var octets: [UInt8] = [0, 0, 0, 0]
    octets.append(native: interface)
    octets.append(native: handle)
    octets.append(native: parent)
    octets.append(native: info)
    return octets
  }
}
