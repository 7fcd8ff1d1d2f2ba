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

    Answers IPv6 Neighbor Solicitations for addresses behind this host.

      -c, --config FILE    read FILE instead of /etc/ndpproxy.conf (or, where only that
                           exists, /etc/ndppd.conf)
      -d, --daemon         run in the background, and log to the system log
      -p, --pidfile FILE   write the process ID to FILE, which must be a pid file if it exists
      -S, --socket PATH    create the control socket at PATH (default /run/ndpproxy/control);
                           'off' disables it
      -u, --user USER      run as USER after initialization (default ndpproxy or, if there is
                           no such user, an unused user ID)
      -v, --verbose        log more; if given twice, log every message
      -t, --test-config    check the configuration and exit; with -v also print it with all
                           defaults
      -s, --strict         with --test-config, treat warnings as errors
      -o, --offline        with --test-config, do not check the interfaces of this host
      -V, --version        print version and license, and exit
      -h, --help           print this and exit

    """
}

extension Arguments {
  /// The flags that there are.
  static let flags = [
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

  /// What the command line and the environment say; `nil` where it is wrong, which has been said by
  /// then.
  init?(_ line: CommandLineFlags) {
    if let stray = line.rest.first {
      complain("'\(stray)' is not a flag; name a configuration file with -c FILE")
      return nil
    }
    if let path = CurrentProcess.environment(ControlSocket.environmentVariable) {
      takeSocket(path)
    }
    for (flag, value) in line.given { take(flag, value: value) }
    if action == .run, isStrict || isOffline {
      complain("--strict and --offline require --test-config")
      return nil
    }
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
