/// What the parser refuses to go beyond, so that no file can hang it or eat the memory.
package enum TextBounds {
  /// What is read at all, all files together; real ones stay under 100 KiB.
  package static let fileOctets = 16 << 20

  /// How many `key value` pairs all files may hold; enough for a rule for each of 250,000 guests.
  package static let entries = 1_000_000

  /// How deeply blocks may stand in blocks; the language itself needs two.
  package static let nesting = 8

  /// How many files may be included, directly and by others.
  package static let includedFiles = 1000

  /// How deeply files may include others; one that includes nothing is at depth 0.
  package static let includeDepth = 8

  /// How many diagnostics are kept, errors before warnings; one more then counts the rest.
  package static let diagnostics = 100

  /// The longest name of an interface: Linux's `ALTIFNAMSIZ` without the closing NUL.
  ///
  /// The name that the kernel shows has at most 15 octets; alternative ones are often longer.
  package static let interfaceNameOctets = 127

  /// How long a text may be that describes something.
  package static let textOctets = 200

  /// How many words a program and its arguments may be.
  package static let programWords = 17

  /// How many conditions a proxy or a rule may have.
  package static let conditions = 16

  /// The longest name of a gate.
  package static let gateNameOctets = 32

  /// The longest path of a condition; `PATH_MAX` without the closing NUL.
  package static let pathOctets = 4095

  /// The shortest time between two announcements of all targets, in milliseconds.
  package static let leastAnnouncementPeriod = 10_000

  /// How much of a word of the file a message repeats.
  package static let quotedOctets = 40

  /// How much of a source line is shown above the caret.
  package static let shownLineOctets = 100

  /// The longest misspelt key for which a correction is looked for.
  package static let correctedOctets = 32

  /// One day: the most that `ttl` and `deadtime` may be, in milliseconds.
  package static let lifetimeMilliseconds = 86_400_000

  /// One hour: the most that `timeout` may be, in milliseconds.
  package static let timeoutMilliseconds = 3_600_000

  /// How many rules, proxies and names the search for loops looks at; then it finds no more loops.
  ///
  /// Every rule for one of 250,000 guests takes some ten of them.
  package static let loopSteps = 5_000_000

  /// How many rules of a loop its message names, the closing one included.
  package static let namedLoopRules = 6

  /// `INT_MAX`: SONiC writes it as `route-ttl`, in milliseconds.
  package static let pollMilliseconds = 2_147_483_647

  /// The most that `max-sessions` may be; each takes some hundred octets.
  package static let sessions = 10_000_000

  /// The most that any limit per second may be: 10 Gbit/s bring fewer frames.
  package static let rate = 10_000_000

  /// The most that `retries` may be.
  package static let retries = 10
}
