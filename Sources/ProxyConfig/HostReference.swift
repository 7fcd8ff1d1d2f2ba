package import NDPWire

/// Something a file says that only the host can confirm, and where it says so first.
package struct HostReference: Sendable {
  /// What the host should have.
  package enum Subject: Hashable, Sendable {
    /// An interface of this name, or one that matches this pattern.
    case interface(String)

    /// This address on an interface of this name.
    case address(IPv6Address, interface: String)
  }

  /// What the host should have.
  package let subject: Subject

  /// Where it is named, counted through all files.
  let offset: Int
}

extension ParseResult {
  /// Adds what the host has to say about a reference, in its place among the diagnostics.
  ///
  /// It cannot be an error: another host may be meant.
  package mutating func report(
    _ code: Diagnostic.Code, about reference: HostReference, isNote: Bool = false,
    _ message: String, suggestion: String?
  ) {
    collected.report(
      isNote ? .note : .warning, code, at: reference.offset, message.printable,
      suggestion: suggestion?.printable)
  }
}
