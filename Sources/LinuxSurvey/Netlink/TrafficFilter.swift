import CLinux
import Glibc
package import LinuxNet

/// A place at an interface where programs decide about frames that nf_tables does not show.
package struct TrafficFilter: Hashable, Sendable {
  /// The interface.
  package var interface: Int32
  /// What is there.
  package var kind: Kind

  /// What can be there.
  package enum Kind: String, Sendable {
    /// Filters of tc(8) for what comes in.
    case ingress = "tc filters at ingress"
    /// Filters of tc(8) for what goes out.
    case egress = "tc filters at egress"
    /// An eBPF program in the driver or before the stack.
    case expressDataPath = "an XDP program"
    /// eBPF programs for what comes in.
    case tcxIngress = "tcx programs at ingress"
    /// eBPF programs for what goes out.
    case tcxEgress = "tcx programs at egress"
  }

  package init(interface: Int32, kind: Kind) {
    self.interface = interface
    self.kind = kind
  }

  /// What is at these interfaces of the thread's network namespace.
  ///
  /// Programs that are attached by tcx are seen with CAP_NET_ADMIN and CAP_BPF only; the rest needs
  /// no privilege.
  package static func readAll(at interfaces: Set<Int32>) throws(SystemError) -> [TrafficFilter] {
    var found = try NetlinkSocket.table(
      RTM_GETLINK, payload: [UInt8](repeating: 0, count: 16), "read interfaces from netlink"
    ) { message, payload -> [TrafficFilter] in
      guard Int(message.type) == RTM_NEWLINK, payload.byteCount >= 16 else { return [] }
      let index: Int32 = payload.native(at: 4)
      return interfaces.contains(index) && hasExpressDataPath(payload)
        ? [TrafficFilter(interface: index, kind: .expressDataPath)] : []
    }
    let hosts = try NetlinkSocket.table(
      RTM_GETQDISC, payload: [UInt8](repeating: 0, count: 20), "read qdiscs from netlink"
    ) { message, payload in
      Int(message.type) == RTM_NEWQDISC ? interface(ofClsact: payload).map { [$0] } ?? [] : []
    }
    for index in Set(hosts).intersection(interfaces).sorted() {
      for (kind, parent) in [(Kind.ingress, 0xffff_fff2 as UInt32), (.egress, 0xffff_fff3)]
      where try hasFilters(at: index, parent) {
        found.append(TrafficFilter(interface: index, kind: kind))
      }
    }
    for index in interfaces.sorted() {
      for (kind, place) in [(Kind.tcxIngress, TCXPrograms.Place.ingress), (.tcxEgress, .egress)]
      where TCXPrograms.isThere(at: index, place) {
        found.append(TrafficFilter(interface: index, kind: kind))
      }
    }
    return found
  }

  /// Reads IFLA_XDP of an `ifinfomsg`: whether somebody else has a program there.
  private static func hasExpressDataPath(_ payload: RawSpan) -> Bool {
    var isAttached = false
    var isOurs = false
    forEachAttribute(in: payload, behind: 16) { attribute, value in
      guard Int(attribute) == IFLA_XDP else { return }
      forEachAttribute(in: value, behind: 0) { inner, value in
        switch Int(inner) {
        case IFLA_XDP_ATTACHED where value.byteCount >= 1:
          isAttached = value.native(at: 0, as: UInt8.self) != 0
        case IFLA_XDP_PROG_ID where value.byteCount == 4:
          isOurs = TCXPrograms.isOurs(value.native(at: 0))
        default: break
        }
      }
    }
    return isAttached && !isOurs
  }

  /// The interface of a qdisc of the kinds that have filters for frames as they come and go.
  ///
  /// `struct tcmsg`: the interface is at 4; attributes begin at 20.
  private static func interface(ofClsact payload: RawSpan) -> Int32? {
    guard payload.byteCount >= 20 else { return nil }
    var isFound = false
    forEachAttribute(in: payload, behind: 20) { attribute, value in
      guard Int(attribute) == TCA_KIND else { return }
      isFound = ["clsact", "ingress"].contains(value.text)
    }
    return isFound ? payload.native(at: 4) : nil
  }

  /// Whether a filter is there, and not the one of our own daemon, whose program passes on whatever
  /// it does not answer.
  ///
  /// `struct tcmsg`: the handle is at 8, and 0 for what only stands above filters.
  private static func isSomebodyElses(_ payload: RawSpan) -> Bool {
    guard payload.byteCount >= 20, payload.native(at: 8, as: UInt32.self) != 0 else { return false }
    var isOurs = false
    forEachAttribute(in: payload, behind: 20) { attribute, value in
      guard Int(attribute) == TCA_OPTIONS else { return }
      forEachAttribute(in: value, behind: 0) { attribute, value in
        // `TCA_BPF_NAME`.
        if attribute == 7, value.text == IngressFilters.name { isOurs = true }
      }
    }
    return !isOurs
  }

  private static func hasFilters(
    at interface: Int32, _ parent: UInt32
  ) throws(SystemError) -> Bool {
    var payload = [UInt8](repeating: 0, count: 4)
    payload.append(native: interface)
    payload.append(native: 0 as UInt32)
    payload.append(native: parent)
    payload.append(native: 0 as UInt32)
    do throws(SystemError) {
      return try !NetlinkSocket.table(
        RTM_GETTFILTER, payload: payload, "read filters of tc from netlink"
      ) { message, payload in
        Int(message.type) == RTM_NEWTFILTER && isSomebodyElses(payload) ? [true] : []
      }.isEmpty
    } catch {
      // An ingress qdisc has no egress.
      if error.code == .invalidArgument { return false }
      throw error
    }
  }
}
