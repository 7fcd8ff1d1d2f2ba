// getopt_long(3) speaks through global variables, which is safe where one thread calls it once.
@unsafe @preconcurrency import CLinux

/// Reads this process's command line with getopt_long(3).
package struct CommandLineFlags {
  /// One flag in its long and short form.
  package struct Flag: Sendable {
    let long: StaticString
    let short: Unicode.Scalar
    let argument: Argument

    /// `short` is an ASCII letter.
    package init(long: StaticString, short: Unicode.Scalar, argument: Argument = .none) {
      self.long = long
      self.short = short
      self.argument = argument
    }
  }

  /// Whether a flag takes an argument; an optional one only as `--flag=ARGUMENT`.
  package enum Argument: CInt, Sendable {
    case none = 0
    case required = 1
    case optional = 2
  }

  /// The flags that were given, in order, by their short forms.
  package private(set) var given: [(flag: Unicode.Scalar, argument: String?)] = []

  /// The arguments that belong to no flag.
  package private(set) var rest: [String] = []

  /// Reads the words that `main` gets; `nil` where they are wrong, which getopt_long(3) has said.
  ///
  /// To be called once: getopt_long(3) keeps its place in the process. It puts what belongs to no
  /// flag last.
  package init?(
    _ flags: [Flag], wordCount: CInt, words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) {
    // A short flag never has an optional argument: `-vd` is two flags.
    let short = flags.map { "\($0.short)" + ($0.argument == .required ? ":" : "") }.joined()
    var long = unsafe flags.map { unsafe Self.option($0) }
    unsafe long.append(CLinux.option())
    while true {
      let found = unsafe getopt_long(wordCount, words, short, long, nil)
      if found == -1 { break }
      guard let flag = Unicode.Scalar(UInt32(found)), flags.contains(where: { $0.short == flag })
      else { return nil }
      given.append((flag, unsafe optarg.map { unsafe String(cString: $0) }))
    }
    for position in Int(optind)..<max(Int(optind), Int(wordCount)) {
      if let word = unsafe words[position] { rest.append(unsafe String(cString: word)) }
    }
  }

  private static func option(_ flag: Flag) -> option {
    // A static string's octets stay where they are, and end in a zero.
    unsafe CLinux.option(
      name: UnsafeRawPointer(flag.long.utf8Start).assumingMemoryBound(to: CChar.self),
      has_arg: flag.argument.rawValue, flag: nil, val: CInt(flag.short.value))
  }
}
