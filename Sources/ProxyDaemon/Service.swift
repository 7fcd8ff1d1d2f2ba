import ConfigurationInForce
import ControlProtocol
import DaemonLog
import Inspection
import KernelAnswering
import LinuxNet
package import ProxyConfig
import ProxyEngine
import ProxyModel

/// How the daemon is to run as a process of this host.
package struct Service {
  /// What to answer for.
  package let configuration: Configuration
  /// Where that was read from, and is read from again; an absolute path.
  package let configurationPath: String
  /// Where its log begins: 0 notices, 1 information, 2 and more every message.
  package let verbosity: Int
  /// Whether to leave the terminal once ready.
  package let runsInBackground: Bool
  /// An absolute path, or `nil` for no file.
  package let pidFile: String?
  /// Whom to become once everything is open; `nil` for whom there is.
  package let user: String?
  /// What is to be said of the configuration on this host when the daemon starts.
  package let warnings: [String]
  /// Where clients may connect; `nil` for nowhere, unless a service manager has a socket for them.
  package let controlSocket: String?

  package init(
    configuration: Configuration, from path: String, warnings: [String] = [], verbosity: Int,
    runsInBackground: Bool, pidFile: String?, user: String?, controlSocket: String?
  ) {
    self.warnings = warnings
    self.configuration = configuration
    configurationPath = RegularFile.absolute(path)
    self.verbosity = verbosity
    self.runsInBackground = runsInBackground
    self.pidFile = pidFile.map(RegularFile.absolute)
    self.user = user
    self.controlSocket = controlSocket.map(RegularFile.absolute)
  }

  /// Why the daemon did not start, or stopped; each says what to do.
  package enum Failure: Error, CustomStringConvertible {
    case missingPrivilege(String)
    case alreadyRunning(String)
    case pidFile(String)
    case user(String)
    case system(String)

    package var description: String {
      switch self {
      case .missingPrivilege(let text), .alreadyRunning(let text), .pidFile(let text),
        .user(let text), .system(let text):
        text
      }
    }
  }

  /// Starts the daemon and works until a signal ends it; what goes wrong is in the log as well.
  ///
  /// In the background the caller is the child from here on: the parent exits when the daemon is
  /// ready, or with the child's status.
  package func run() throws(Failure) {
    let inherited = runsInBackground ? nil : ListeningSocket.inheritedDescriptor
    CurrentProcess.closeInheritedDescriptors(except: inherited.map { [$0] } ?? [])
    let background = try attempt { () throws(SystemError) in
      runsInBackground ? try BackgroundProcess.start() : nil
    }
    let log = Log(
      level: verbosity == 0 ? .notice : verbosity == 1 ? .info : .debug,
      usesSystemLog: runsInBackground)
    for warning in warnings { log.warning(warning) }
    do {
      try run(in: background, log: log)
    } catch {
      log.error("\(error)")
      throw error
    }
  }

  private func run(
    in background: BackgroundProcess?, log: Log
  ) throws(Failure) {
    ResourceLimits.openAllFiles()
    let claims = try claimInterfaces(log: log)
    // What the configuration took to be read is free by now: what is reserved below gets new pages,
    // which take no memory until they are written to.
    Heap.trim()
    let daemon = try attempt { () throws(SystemError) in
      try Daemon(
        CurrentConfiguration(configuration, from: configurationPath, claims: claims, log: log),
        log: log)
    }
    // The program in the kernel may be attached already, and outlive this process.
    defer { daemon.close() }
    let pidFile = try makePIDFile()
    openControlSocket(of: daemon, log: log)
    makeDirectoryForTargets(log: log)
    // All has been read of it by now.
    CurrentProcess.clearEnvironment()
    try dropPrivileges(of: daemon, log: log)
    try attempt { () throws(SystemError) in try daemon.startHooks() }
    log.notice("ready: \(daemon.summary)")
    try attempt { () throws(SystemError) in
      try background?.becomeReady()
      log.reopenStandardError()
      limitSystemCalls(of: daemon, writesFiles: configuration.targetsPath != nil, log: log)
      Heap.trim()
      Stack.trim()
      try daemon.run()
    }
    withExtendedLifetime(pidFile) {}
  }

  /// Makes sure that no other daemon answers on the same interfaces.
  private func claimInterfaces(log: Log) throws(Failure) -> InstanceClaims {
    // A service manager may have started the other one as this user.
    let ours = Privileges.User(named: Self.user)?.identifier
    let claims = InstanceClaims(trusting: ours.map { [$0] } ?? [])
    do {
      let warnings = try claims.update(to: configuration, patience: Self.patience)
      for warning in warnings { log.warning("\(warning)") }
    } catch {
      throw .alreadyRunning("\(error)")
    }
    return claims
  }

  /// Keeps no capability that will not be needed, and becomes somebody without other rights.
  private func dropPrivileges(of daemon: Daemon, log: Log) throws(Failure) {
    // Interfaces come, and come back, at any time: each takes sockets of its own.
    let kept: [Privileges.Capability] =
      [.netRaw] + (configuration.ruleset.installsHostRoutes ? [.netAdmin] : [])
      + (daemon.answersInKernel ? [.netAdmin, .bpf] : [])
    if let user, !Privileges.isSuperuser {
      throw .user("only the superuser can become another user; leave out -u \(user)")
    }
    guard Privileges.isSuperuser else { return dropCapabilities(keeping: kept, log: log) }
    guard user != "root" else {
      return try attempt { () throws(SystemError) in try Privileges.drop(to: nil, keeping: kept) }
    }
    guard let account else {
      let name = user ?? Self.user
      throw .user("there is no user \(name): 'useradd --system \(name)', or name one with -u USER")
    }
    do {
      try Privileges.drop(to: account, keeping: kept)
    } catch {
      guard user == nil, Privileges.isSuperuser else {
        throw .user("cannot become user \(account.name): \(error)")
      }
      // The superuser of a user namespace may have nobody else to become.
      log.notice("staying root, because \(account.name) has no user ID here: \(error)")
      try attempt { () throws(SystemError) in try Privileges.drop(to: nil, keeping: kept) }
    }
    if !Privileges.canRead(configurationPath) {
      log.notice(
        "\(configurationPath) cannot be read by \(account.name), so a reload will fail")
    }
  }

  /// Makes the directory in which targets are kept, where it is missing and root starts us.
  private func makeDirectoryForTargets(log: Log) {
    guard let path = configuration.targetsPath, Privileges.isSuperuser else { return }
    let directory = RegularFile.directory(of: path)
    guard !RegularFile.exists(directory) else { return }
    do {
      try RegularFile.makeDirectory(directory, owner: account)
    } catch {
      log.warning("keep-targets: \(error)")
    }
  }

  /// Gives up what whoever started us let us have beyond what everybody has.
  private func dropCapabilities(keeping kept: [Privileges.Capability], log: Log) {
    do {
      try Privileges.drop(to: nil, keeping: kept)
    } catch {
      // A service manager may forbid it, and has limited them itself.
      log.notice("capabilities stay as they were given: \(error)")
    }
  }

  /// Has the kernel refuse every system call that the daemon has no use for.
  ///
  /// Not every kernel can; the other capabilities are gone all the same.
  private func limitSystemCalls(of daemon: Daemon, writesFiles: Bool, log: Log) {
    do {
      let commands = daemon.answersInKernel ? KernelAnswers.systemCallCommands : []
      try SystemCallFilter.install(writesFiles: writesFiles, programCommands: commands)
      daemon.isReadOnly = !writesFiles
    } catch {
      log.notice("system calls are not limited: \(error)")
    }
  }

  /// Lets clients connect, as far as that is possible: nobody's packets wait for it.
  private func openControlSocket(of daemon: Daemon, log: Log) {
    do {
      if let socket = try ListeningSocket.inherited() { return try daemon.listen(at: socket) }
      guard let path = controlSocket else { return }
      if path == ControlSocket.defaultPath, Privileges.isSuperuser {
        // Whoever gives up its rights must be able to remove the socket in the end. But of a user
        // who is many, any other process could put its own socket there, for root to connect to.
        let owner = account.flatMap { $0.isShared ? nil : $0 }
        try RegularFile.makeDirectory(RegularFile.directory(of: path), owner: owner)
      }
      let group = Privileges.isSuperuser ? Privileges.group(named: ControlSocket.group) : nil
      try daemon.listen(at: ListeningSocket(path: path, group: group))
    } catch {
      log.warning("ndpctl cannot connect: \(error); name another socket with --socket")
    }
  }

  /// How long another daemon that was told to end may take for it.
  private static let patience = Duration.seconds(1)

  /// Whom the superuser becomes where there is such a user.
  private static let user = "ndpproxy"

  /// Whom the superuser becomes; `nil` where there is no such user.
  ///
  /// Without a user made for us it is one without a name. It is not `nobody`: what runs as that may
  /// stop us, and take the place of what is ours.
  private var account: Privileges.User? {
    if let user { return Privileges.User(named: user) }
    return Privileges.User(named: Self.user) ?? Privileges.unnamedUser()
  }

  private func makePIDFile() throws(Failure) -> PIDFile? {
    guard let pidFile else { return nil }
    do {
      return try PIDFile(path: pidFile)
    } catch {
      throw .pidFile("pid file \(pidFile): \(error)")
    }
  }

  private func attempt<Value>(
    _ body: () throws(SystemError) -> Value
  ) throws(Failure) -> Value {
    do {
      return try body()
    } catch {
      guard error.isMissingPrivilege else { throw .system("\(error)") }
      throw .missingPrivilege(
        "the daemon needs the capability CAP_NET_RAW for packet sockets: start it as root, or with "
          + "AmbientCapabilities=CAP_NET_RAW in its systemd unit")
    }
  }
}
