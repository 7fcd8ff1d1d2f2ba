import Glibc
import LinuxNet
import ProxyDaemon

exit(perform().rawValue)

/// Does what the command line asks for.
private func perform() -> ExitStatus {
  guard let arguments = Arguments.read() else {
    complain("try 'ndpproxy --help'")
    return .usage
  }
  switch arguments.action {
  case .showHelp:
    print(Arguments.usage, terminator: "")
    return .success
  case .showVersion:
    print("ndpproxy \(Arguments.version)")
    return .success
  case .testConfiguration:
    return testConfiguration(arguments)
  case .run:
    return run(arguments)
  }
}

/// Reads the configuration file, and shows what is wrong with it on standard error.
private func readConfiguration(_ arguments: Arguments) -> ConfigurationFile? {
  let standard = ConfigurationFile.defaultPath
  if arguments.configurationPath == nil, standard.isForeign {
    complain("notice: there is no /etc/ndpproxy.conf; reading \(standard.path)")
  }
  do {
    let file = try ConfigurationFile(path: arguments.configurationPath ?? standard.path)
    StandardStream.error.write(file.report)
    return file
  } catch {
    complain("cannot read the configuration: \(error)")
    return nil
  }
}

/// Says whether the configuration is in order and, if asked to say more, what it means.
///
/// What it means goes to standard output, so that it can be redirected into a file.
private func testConfiguration(_ arguments: Arguments) -> ExitStatus {
  guard let file = readConfiguration(arguments) else { return .noInput }
  guard let configuration = file.configuration else { return .configuration }
  if arguments.verbosity > 0 {
    print(configuration, terminator: "")
    complain("configuration OK")
  } else {
    print("configuration OK")
  }
  return .success
}

private func run(_ arguments: Arguments) -> ExitStatus {
  guard let file = readConfiguration(arguments) else { return .noInput }
  guard let configuration = file.configuration else {
    complain("not started: \(file.path) has errors")
    return .configuration
  }
  let service = Service(
    configuration: configuration, verbosity: arguments.verbosity,
    runsInBackground: arguments.runsInBackground, pidFile: arguments.pidFile)
  do {
    try service.run()
    return .success
  } catch {
    complain("\(error)")
    return ExitStatus(error)
  }
}

extension ExitStatus {
  fileprivate init(_ failure: Service.Failure) {
    switch failure {
    case .missingPrivilege: self = .noPermission
    case .pidFile: self = .cannotCreate
    case .system: self = .operatingSystem
    }
  }
}

/// Says something to whoever started the program.
func complain(_ sentence: String) {
  StandardStream.error.write("ndpproxy: \(sentence)\n")
}
