/// How ndpproxy ends: the numbers of sysexits(3).
enum ExitStatus: Int32 {
  case success = 0
  /// EX_USAGE: the command line is wrong.
  case usage = 64
  /// EX_NOINPUT: the configuration file is missing or cannot be read.
  case noInput = 66
  /// EX_NOUSER: the user to become does not exist.
  case noUser = 67
  /// EX_OSERR: the system refused something.
  case operatingSystem = 71
  /// EX_CANTCREAT: the pid file cannot be made.
  case cannotCreate = 73
  /// EX_IOERR: what was asked for cannot be written.
  case inputOutput = 74
  /// EX_TEMPFAIL: another ndpproxy serves an interface of the configuration.
  case alreadyRunning = 75
  /// EX_NOPERM: a capability is missing.
  case noPermission = 77
  /// EX_CONFIG: the configuration has errors.
  case configuration = 78
}
