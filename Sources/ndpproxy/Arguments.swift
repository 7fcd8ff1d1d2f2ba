import ControlProtocol
import LinuxNet

/// What the command line asks for; the flags are ndppd's and a few more.
struct Arguments: Equatable {
  var configurationPath: String?
  var runsInBackground = false
  var pidFile: String?
  /// Whom to become.
  var user: String?
  /// Where ndpctl is to connect; `nil` for nowhere.
  var controlSocket: String? = ControlSocket.defaultPath
  /// How often `-v` was given.
  var verbosity = 0
  /// Whether warnings count as errors in a test of the configuration.
  var isStrict = false
  /// Whether a test of the configuration leaves out what only this host can tell.
  var isOffline = false
  var action = Action.run

  enum Action: Equatable {
    case run
    case testConfiguration
    case showHelp
    case showVersion
  }

  static let usage = """
    usage: ndpproxy [-c FILE] [-d] [-p PIDFILE] [-S SOCKET] [-u USER] [-v]
           ndpproxy --test-config [--strict] [--offline] [-c FILE] [-v]

    Answers IPv6 neighbour solicitations for addresses behind this host.

      -c, --config FILE    read FILE instead of /etc/ndpproxy.conf (or, where only that
                           exists, /etc/ndppd.conf)
      -d, --daemon         go to the background once ready, and log to the system log
      -p, --pidfile FILE   write the process number to FILE, unless that is something else
                           than a pid file
      -S, --socket PATH    let ndpctl connect at PATH instead of /run/ndpproxy/control;
                           'off' for nowhere
      -u, --user USER      once everything is open, become USER instead of ndpproxy or, where
                           there is no such user, a user without a name
      -v, --verbose        log more; twice, every message
      -t, --test-config    check the configuration and exit; with -v also print it as
                           understood, all defaults included
      -s, --strict         with --test-config, take warnings for errors
      -o, --offline        with --test-config, do not look at this host's interfaces
      -V, --version        print the version and exit
      -h, --help           print this and exit

    """
}

extension Arguments {
  private static let flags = [
    CommandLineFlags.Flag(long: "config", short: "c", argument: .required),
    CommandLineFlags.Flag(long: "daemon", short: "d"),
    CommandLineFlags.Flag(long: "pidfile", short: "p", argument: .required),
    CommandLineFlags.Flag(long: "socket", short: "S", argument: .required),
    CommandLineFlags.Flag(long: "user", short: "u", argument: .required),
    // ndppd takes `--verbose=ANYTHING`.
    CommandLineFlags.Flag(long: "verbose", short: "v", argument: .optional),
    CommandLineFlags.Flag(long: "test-config", short: "t"),
    CommandLineFlags.Flag(long: "strict", short: "s"),
    CommandLineFlags.Flag(long: "offline", short: "o"),
    CommandLineFlags.Flag(long: "version", short: "V"),
    CommandLineFlags.Flag(long: "help", short: "h"),
  ]

  /// Reads the process's command line; `nil` where it is wrong, which has been said by then.
  static func read() -> Arguments? {
    guard let line = CommandLineFlags(flags) else { return nil }
    if let stray = line.rest.first {
      complain("'\(stray)' is not a flag; name a configuration file with -c FILE")
      return nil
    }
    var arguments = Arguments()
    if let path = CurrentProcess.environment(ControlSocket.environmentVariable) {
      arguments.takeSocket(path)
    }
    for (flag, value) in line.given { arguments.take(flag, value: value) }
    if arguments.action == .run, arguments.isStrict || arguments.isOffline {
      complain("--strict and --offline are about --test-config alone")
      return nil
    }
    return arguments
  }

  private mutating func take(_ flag: Unicode.Scalar, value: String?) {
    switch flag {
    case "c": configurationPath = value
    case "d": runsInBackground = true
    case "p": pidFile = value
    case "S": takeSocket(value ?? "")
    case "u": user = value
    case "v": verbosity += 1
    case "t": action = .testConfiguration
    case "s": isStrict = true
    case "o": isOffline = true
    case "V": action = .showVersion
    case "h": action = .showHelp
    default: preconditionFailure("every flag stands here")
    }
  }

  private mutating func takeSocket(_ path: String) {
    controlSocket = path == ControlSocket.off || path.isEmpty ? nil : path
  }
}
