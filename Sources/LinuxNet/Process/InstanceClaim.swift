import CLinux

/// A claim to serve an interface, which one process in a network namespace can hold at a time.
///
/// It is a socket that listens at an abstract address (unix(7)) made of the interface's name.
/// Abstract addresses belong to the network namespace, as interfaces do, and go with the process,
/// however that ends. What is claimed is a name and not an index: rules are about names, and follow
/// one to whatever interface bears it, after a rename or when an interface is made anew.
///
/// Any user may listen there, so that a claim counts only if its holder is one who might serve the
/// interface: root, ourselves, or the user that the daemon becomes.
package final class InstanceClaim {
  /// Why an interface cannot be claimed.
  package enum Refusal: Error, Equatable {
    /// A process holds the claim; its number, or 0 for one of another PID namespace.
    case held(by: Int32)
  }

  /// Whether we hold the claim.
  package enum Standing: Equatable, Sendable {
    case held
    /// A process that has no business with it is in the way: its number, and its user's.
    case contested(by: Int32, user: UInt32)
    /// The system refused it, or does not tell who is in the way.
    case unknown(SystemError)
  }

  /// The name that is claimed.
  package let interface: String
  /// What became of it.
  package let standing: Standing
  private let listener: Listener?

  /// Whether a process is in the way that has no business with it.
  package var isContested: Bool {
    if case .contested = standing { true } else { false }
  }

  /// Claims an interface by its name, whether it exists or not.
  ///
  /// `trusted` are the users besides root and our own whose claims count. Throws where one of these
  /// holds the claim and has not given it up after `patience`, for a daemon that was told to end
  /// takes a moment for it. To be made before privileges are dropped: a claim bears the user who
  /// made it.
  package init(
    interface: String, trusting trusted: Set<UInt32> = [], patience: Duration = .zero
  ) throws(Refusal) {
    self.interface = interface
    switch Self.claim(interface) {
    case .held(let listener): (self.listener, standing) = (listener, .held)
    case .unknown(let error): (listener, standing) = (nil, .unknown(error))
    case .taken(let process, let user):
      guard !Privileges.isTrusted(user), !trusted.contains(user) else {
        guard let listener = Self.listener(for: interface, within: patience) else {
          throw .held(by: process)
        }
        (self.listener, standing) = (listener, .held)
        return
      }
      (listener, standing) = (nil, .contested(by: process, user: user))
    }
  }

  /// What comes of an attempt.
  private enum Outcome {
    case held(Listener)
    case taken(by: Int32, user: UInt32)
    case unknown(SystemError)
  }

  private static func claim(_ interface: String) -> Outcome {
    var failure = SystemError("claim \(interface)", .addressInUse)
    // Another may be about to listen, or to end.
    for attempt in 0..<attempts where attempt == 0 || failure.code == .connectionRefused {
      if attempt > 0 { BootClock.sleep(for: pause) }
      do throws(SystemError) {
        return .held(try Listener(interface))
      } catch {
        guard error.code == .addressInUse else { return .unknown(error) }
      }
      do throws(SystemError) {
        let holder = try holder(of: interface)
        return .taken(by: holder.pid, user: holder.uid)
      } catch {
        failure = error
      }
    }
    return .unknown(failure)
  }

  private static let attempts = 5
  private static let pause = Duration.milliseconds(10)

  /// Waits until the claim can be made; `nil` if it cannot in time.
  private static func listener(for interface: String, within patience: Duration) -> Listener? {
    for _ in 0..<Int(patience / pause) {
      BootClock.sleep(for: pause)
      if let listener = try? Listener(interface) { return listener }
    }
    return nil
  }

  /// Who listened at the address of a name.
  private static func holder(of interface: String) throws(SystemError) -> ucred {
    let descriptor = try Descriptor.unixStream(flags: CInt(O_NONBLOCK))
    let (address, length) = Listener.address(of: interface)
    try descriptor.connect(to: address, length: length, "look who serves \(interface)")
    return try descriptor.peer()
  }

  /// The interface's own name, where `name` is another one for it; otherwise as it is.
  ///
  /// Alternative names with more than 15 octets are not looked up.
  package static func primaryName(of name: String) -> String {
    let index = unsafe if_nametoindex(name)
    var octets = [CChar](repeating: 0, count: Int(IFNAMSIZ))
    guard index != 0, let found = unsafe if_indextoname(index, &octets) else { return name }
    return unsafe String(cString: found)
  }

  /// Sends away those who asked who holds the claim.
  ///
  /// They stay in a queue until then, and nobody learns it any more when that is full. To be called
  /// now and then; costs a system call where nobody has asked.
  package func turnAway() { listener?.turnAway() }
}

/// Where others learn who holds a claim: by connecting, without a word.
private final class Listener {
  private let descriptor: Descriptor

  /// How many may ask until they are turned away.
  private static let backlog: CInt = 1024

  init(_ interface: String) throws(SystemError) {
    descriptor = try Descriptor.unixStream(flags: CInt(O_NONBLOCK))
    let (address, length) = Self.address(of: interface)
    try descriptor.bind(to: address, length: length, "claim \(interface)")
    let number = descriptor.number
    try call("claim \(interface)") { listen(number, Self.backlog) }
  }

  /// Of a name that is too long, the first octets count; an interface's own name never is.
  static func address(of interface: String) -> (address: sockaddr_un, length: Int) {
    sockaddr_un.abstract("ndpproxy/interface/\(interface)")
  }

  func turnAway() {
    for _ in 0...Self.backlog {
      let number = unsafe accept4(
        descriptor.number, .init(__sockaddr__: nil), nil, CInt(O_CLOEXEC | O_NONBLOCK))
      guard number >= 0 else { return }
      close(number)
    }
  }
}
