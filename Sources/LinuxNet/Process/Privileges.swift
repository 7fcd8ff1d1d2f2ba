import CLinux

/// What this process may do beyond what everybody may (capabilities(7)).
package enum Privileges {
  /// A capability by its number.
  package enum Capability: Int, Sendable {
    case netAdmin = 12
    case netRaw = 13
    case bpf = 39
  }

  /// A user that privileges are dropped to.
  package struct User: Equatable, Sendable {
    /// As it is called.
    package let name: String
    /// Its user number.
    package let identifier: UInt32
    /// The number of its first group.
    package let group: UInt32

    /// A user who has no name, alone in a group of the same number.
    init(number: UInt32) { (name, identifier, group) = ("number \(number)", number, number) }

    /// Whether processes of all sorts run as this user, so that what belongs to it belongs to them.
    package var isShared: Bool { identifier == overflowUser }

    /// Finds a user in a file like `/etc/passwd` (passwd(5)); `nil` if it is not there.
    ///
    /// libc would ask name services, which a static program cannot load.
    package init?(named name: String, in file: String = "/etc/passwd") {
      guard let octets = try? RegularFile(file, limit: 1 << 20).octets else { return nil }
      for line in octets.split(separator: UInt8(ascii: "\n")) {
        let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard fields.count >= 4, fields[0].elementsEqual(name.utf8),
          let identifier = UInt32(String(decoding: fields[2], as: UTF8.self)),
          let group = UInt32(String(decoding: fields[3], as: UTF8.self))
        else { continue }
        (self.name, self.identifier, self.group) = (name, identifier, group)
        return
      }
      return nil
    }
  }

  /// A user without a name, whose number nobody else has by rights; `nil` where all are taken.
  ///
  /// The first of `unnamed` that is neither a user's nor a group's in files like `/etc/passwd` and
  /// `/etc/group`.
  package static func unnamedUser(
    users: String = "/etc/passwd", groups: String = "/etc/group"
  ) -> User? {
    let taken = numbers(in: users).union(numbers(in: groups))
    return unnamed.first { !taken.contains($0) }.map(User.init(number:))
  }

  /// Numbers that nobody gives out.
  ///
  /// Debian's policy (§9.2.2) reserves them, systemd ("Users, Groups, UIDs and GIDs on systemd
  /// Systems") leaves them unused, and unlike 65532 and 65533 they are not popular in container
  /// images. A user namespace with 65,536 users has them.
  private static let unnamed: ClosedRange<UInt32> = 65520...65531

  /// The third fields of all lines.
  private static func numbers(in file: String) -> Set<UInt32> {
    guard let octets = try? RegularFile(file, limit: 1 << 20).octets else { return [] }
    let lines = octets.split(separator: UInt8(ascii: "\n"))
    return Set(
      lines.compactMap { line in
        let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        return fields.count < 3 ? nil : UInt32(String(decoding: fields[2], as: UTF8.self))
      })
  }

  /// The number of a group in a file like `/etc/group` (group(5)); `nil` if it is not there.
  package static func group(named name: String, in file: String = "/etc/group") -> UInt32? {
    guard let octets = try? RegularFile(file, limit: 1 << 20).octets else { return nil }
    for line in octets.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count >= 3, fields[0].elementsEqual(name.utf8) else { continue }
      return UInt32(String(decoding: fields[2], as: UTF8.self))
    }
    return nil
  }

  /// Whether a user may change what this process does: the superuser, or who we are.
  ///
  /// Not so where we are nobody: others are that as well, and so is everybody of another user
  /// namespace.
  package static func isTrusted(_ user: UInt32) -> Bool {
    user == 0 || user == geteuid() && user != overflowUser
  }

  /// What the kernel calls users that it has no number for (`/proc/sys/kernel/overflowuid`).
  fileprivate static let overflowUser: UInt32 = 65534

  /// Whether this process runs as the superuser of its user namespace.
  package static var isSuperuser: Bool { geteuid() == 0 }

  /// Whether this process has a capability now.
  package static func has(_ capability: Capability) -> Bool {
    var header: [UInt32] = [UInt32(_LINUX_CAPABILITY_VERSION_3), 0]
    var sets = [UInt32](repeating: 0, count: 6)
    guard unsafe linux_capget(&header, &sets) == 0 else { return false }
    // Effective, permitted and inheritable, for the lower and the upper 32.
    let half = capability.rawValue / 32
    return sets[3 * half] & 1 << UInt32(capability.rawValue % 32) != 0
  }

  /// Whether this process has, or could take up, any capability.
  static var hasAny: Bool {
    var header: [UInt32] = [UInt32(_LINUX_CAPABILITY_VERSION_3), 0]
    var sets = [UInt32](repeating: 0, count: 6)
    guard unsafe linux_capget(&header, &sets) == 0 else { return true }
    return sets.contains { $0 != 0 }
  }

  /// Whether a file can be read with what this process may do now.
  package static func canRead(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

  /// Keeps these capabilities, as far as they are there, and no others, for good: no program
  /// executed from here gets more.
  ///
  /// With a user, becomes that user first, without any supplementary group; the caller must be the
  /// superuser then. Throws where the kernel refuses; what was given up by then stays so.
  package static func drop(
    to user: User?, keeping kept: [Capability]
  ) throws(SystemError) {
    if isSuperuser { limitBoundingSet(to: kept) }
    if let user { try become(user) }
    try setCapabilities(kept)
    // Programs executed from here get nothing anyway; kernels without these sets refuse.
    _ = linux_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    try control("forbid new privileges", PR_SET_NO_NEW_PRIVS, 1)
  }

  /// What a set-user-ID program executed from here could get at the most.
  private static func limitBoundingSet(to kept: [Capability]) {
    var number = 0
    // The kernel knows fewer than 64, and says so with EINVAL.
    while number < 64 {
      if !kept.contains(where: { $0.rawValue == number }),
        linux_prctl(PR_CAPBSET_DROP, UInt(number), 0, 0, 0) == -1, errno == EINVAL
      {
        return
      }
      number += 1
    }
  }

  private static func become(_ user: User) throws(SystemError) {
    // To setresuid(2) this number means that nothing is to change.
    guard user.identifier != .max, user.group != .max else {
      throw SystemError(
        "become user \(user.name): 4294967295 is not a valid user ID", .invalidArgument)
    }
    // Without this, the capabilities go with the user identifier.
    try control("keep capabilities", PR_SET_KEEPCAPS, 1)
    try call("drop groups") { setgroups(0, nil) }
    try call("become group \(user.group)") { setresgid(user.group, user.group, user.group) }
    try call("become user \(user.name)") {
      setresuid(user.identifier, user.identifier, user.identifier)
    }
    try control("keep capabilities no longer", PR_SET_KEEPCAPS, 0)
    try verify(user)
  }

  /// Throws unless this process is that user, and nobody else besides.
  private static func verify(_ user: User) throws(SystemError) {
    var (real, effective, saved) = (uid_t.max, uid_t.max, uid_t.max)
    try call("read the user IDs") { unsafe getresuid(&real, &effective, &saved) }
    var (realGroup, effectiveGroup, savedGroup) = (gid_t.max, gid_t.max, gid_t.max)
    try call("read the group IDs") { unsafe getresgid(&realGroup, &effectiveGroup, &savedGroup) }
    let others = try call("read the groups") { getgroups(0, nil) }
    guard [real, effective, saved].allSatisfy({ $0 == user.identifier }),
      [realGroup, effectiveGroup, savedGroup].allSatisfy({ $0 == user.group }), others == 0
    else {
      throw SystemError(
        "become user \(user.name): the system reported success without effect", .notPermitted)
    }
  }

  private static func setCapabilities(_ kept: [Capability]) throws(SystemError) {
    let mask = kept.reduce(UInt64(0)) { $0 | 1 << UInt64($1.rawValue) }
    let lower = UInt32(truncatingIfNeeded: mask)
    let upper = UInt32(truncatingIfNeeded: mask >> 32)
    var header: [UInt32] = [UInt32(_LINUX_CAPABILITY_VERSION_3), 0]
    // Effective, permitted and inheritable, for the lower and the upper 32.
    var present = [UInt32](repeating: 0, count: 6)
    try call("read capabilities") { unsafe linux_capget(&header, &present) }
    // A service manager that has done this before may forbid doing it again.
    let isDone =
      present[1] & ~lower == 0 && present[4] & ~upper == 0 && present[2] == 0 && present[5] == 0
    if isDone { return }
    // What was not there cannot be kept.
    let (left, right) = (present[1] & lower, present[4] & upper)
    var sets: [UInt32] = [left, left, 0, right, right, 0]
    try call("drop capabilities") { unsafe linux_capset(&header, &sets) }
  }

  private static func control(
    _ operation: String, _ option: CInt, _ value: UInt
  ) throws(SystemError) {
    try call(operation) { linux_prctl(option, value, 0, 0, 0) }
  }
}
