import CLinux
import ControlProtocol
import Inspection
import LinuxNet
import ProxyConfig
import ProxyDaemon

/// The `main` of C, by the name under which Swift's package manager links it.
///
/// It is not top-level code, because Embedded Swift has no `CommandLine`.
@c(ndpproxy_main)
public func main(
  wordCount: CInt, words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  Heap.mapLargeBlocks()
  do {
    try StandardStream.secure()
  } catch {
    complain("\(error)")
    return ExitStatus.operatingSystem.rawValue
  }
  guard let line = unsafe CommandLineFlags(Arguments.flags, wordCount: wordCount, words: words),
    let arguments = Arguments(line)
  else {
    complain("try 'ndpproxy --help'")
    return ExitStatus.usage.rawValue
  }
  return perform(arguments).rawValue
}

/// Does what the command line asks for.
private func perform(_ arguments: Arguments) -> ExitStatus {
  switch arguments.action {
  case .showHelp:
    return show(Arguments.usage)
  case .showVersion:
    return show(Release.text(of: "ndpproxy") + "\n")
  case .testConfiguration:
    return testConfiguration(arguments)
  case .run:
    return run(arguments)
  }
}

/// Reads the configuration file.
private func readConfiguration(_ arguments: Arguments) -> ConfigurationFile? {
  let standard = ConfigurationFile.defaultPath
  if arguments.configurationPath == nil, standard.isForeign {
    complain("notice: there is no /etc/ndpproxy.conf; reading \(standard.path)")
  }
  do {
    return try ConfigurationFile(path: arguments.configurationPath ?? standard.path)
  } catch {
    complain("cannot read the configuration: \(error)")
    if arguments.configurationPath == nil {
      complain("there is no /etc/ndppd.conf either; name a file with -c FILE")
    }
    return nil
  }
}

/// Says whether the configuration is in order and, if asked to say more, what it means.
///
/// What it means goes to standard output, so that it can be redirected into a file.
private func testConfiguration(_ arguments: Arguments) -> ExitStatus {
  guard var file = readConfiguration(arguments) else { return .noInput }
  if !arguments.isOffline { checkHost(of: &file) }
  file.showReport(withNotes: true)
  if let sentence = ignoredFile(beside: file, arguments) { complain(sentence) }
  guard let configuration = file.configuration else { return .configuration }
  if arguments.isStrict, file.hasWarnings {
    complain("\(file.path): not OK: there are warnings")
    return .configuration
  }
  guard arguments.verbosity > 0 else { return show("\(file.path): configuration OK\n") }
  let status = show("\(configuration)")
  if status == .success { complain("\(file.path): configuration OK") }
  return status
}

/// That ndppd's file is not read, where it is there and nobody named a file.
private func ignoredFile(beside file: ConfigurationFile, _ arguments: Arguments) -> String? {
  guard arguments.configurationPath == nil, let ignored = ConfigurationFile.ignoredPath else {
    return nil
  }
  let isEmpty = file.configuration?.proxies.isEmpty == true
  return isEmpty
    ? "\(file.path) has no proxy, and while it exists \(ignored) is not read: remove it, or "
      + "copy \(ignored) to it"
    : "notice: \(ignored) is not read while \(file.path) is there"
}

/// Compares the configuration with this host, as far as the host can be looked at.
private func checkHost(of file: inout ConfigurationFile) {
  do {
    try file.checkHost()
  } catch {
    complain("notice: not compared with this host's interfaces: \(error)")
  }
}

/// Writes what was asked for to standard output.
private func show(_ text: String) -> ExitStatus {
  if StandardStream.output.write(text) { return .success }
  complain("cannot write to standard output")
  return .inputOutput
}

private func run(_ arguments: Arguments) -> ExitStatus {
  guard let file = readConfiguration(arguments) else { return .noInput }
  file.showReport(withNotes: false)
  guard let configuration = file.configuration else {
    complain("not started: \(file.path) has errors")
    return .configuration
  }
  // Where the kernel does not say what is around, the daemon will say why it cannot start.
  var warnings = (try? file.dangers()) ?? []
  if configuration.proxies.isEmpty, let sentence = ignoredFile(beside: file, arguments) {
    warnings.append(sentence)
  }
  let service = Service(
    configuration: configuration, from: file.path, warnings: warnings,
    verbosity: arguments.verbosity, runsInBackground: arguments.runsInBackground,
    pidFile: arguments.pidFile, user: arguments.user, controlSocket: arguments.controlSocket)
  do {
    try service.run()
    return .success
  } catch {
    return ExitStatus(error)
  }
}

extension ExitStatus {
  fileprivate init(_ failure: Service.Failure) {
    switch failure {
    case .missingPrivilege: self = .noPermission
    case .alreadyRunning: self = .alreadyRunning
    case .pidFile: self = .cannotCreate
    case .user: self = .noUser
    case .system: self = .operatingSystem
    }
  }
}

/// Says something to whoever started the program.
func complain(_ sentence: String) {
  StandardStream.error.write("ndpproxy: \(sentence)\n")
}
