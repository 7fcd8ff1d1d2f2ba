/// One thing that is wrong with a file, where, and what to do about it.
package struct Diagnostic: Equatable, Sendable {
  /// Whether the file can be used all the same.
  package let severity: Severity

  /// Names the kind of trouble in kebab-case, such as `unknown-key`; does not change with wording.
  package let code: String

  /// One line of English without a full stop; holds only printable ASCII.
  package let message: String

  /// The first octet of the word in question.
  package let location: SourceLocation

  /// The same, counted through all files.
  let offset: Int

  /// What to do, such as `did you mean 'rule'?`; printable ASCII as well.
  package let suggestion: String?
}

extension Diagnostic {
  /// Whether the file can be used all the same.
  ///
  /// In the order of weight, the heaviest first.
  package enum Severity: String, CaseIterable, Sendable {
    /// The meaning cannot be known: there is no configuration.
    case error

    /// The meaning is known, or the word has no effect: there is a configuration.
    case warning

    /// Nothing is wrong, and nothing needs to be done.
    case note
  }

  /// Every kind of trouble there is.
  package enum Code: String, CaseIterable, Sendable {
    /// More than `TextBounds.fileOctets`.
    case fileTooLarge = "file-too-large"

    /// More than `TextBounds.entries`.
    case tooManyEntries = "too-many-entries"

    /// More than `TextBounds.diagnostics`.
    case moreDiagnostics = "more-diagnostics"

    /// The file begins like UTF-16.
    case utf16 = "utf-16"

    /// There is no proxy.
    case nothingConfigured = "nothing-configured"

    /// U+FEFF at the start of the file.
    case byteOrderMark = "byte-order-mark"

    /// Not printable ASCII, outside comments and quotes.
    case unexpectedOctet = "unexpected-octet"

    /// `/*` without `*/`.
    case unterminatedComment = "unterminated-comment"

    /// `/*/`, a whole comment for ndppd alone.
    case ambiguousComment = "ambiguous-comment"

    /// `#`, `//` or `/*` within a word.
    case commentInValue = "comment-in-value"

    /// A quote without another on its line.
    case unterminatedQuote = "unterminated-quote"

    /// Quotes, which ndppd misreads.
    case quotes

    /// `;`, which ndppd takes into the value.
    case semicolon

    /// `\r`, `\n` or `\t` as two characters.
    case literalEscape = "literal-escape"

    /// A word where none may stand.
    case unexpectedText = "unexpected-text"

    /// `{` without a key, or `}` without a block.
    case unexpectedBrace = "unexpected-brace"

    /// A block after a key that takes none.
    case unexpectedBlock = "unexpected-block"

    /// `{` without `}`.
    case unterminatedBlock = "unterminated-block"

    /// `include` names what cannot be read.
    case notIncluded = "not-included"

    /// `include` with a pattern that no file matches.
    case nothingIncluded = "nothing-included"

    /// A file that is included a second time, by itself perhaps.
    case includedTwice = "included-twice"

    /// More than `TextBounds.includeDepth`.
    case includedTooDeep = "included-too-deep"

    /// More than `TextBounds.includedFiles`.
    case tooManyFiles = "too-many-files"

    /// More than `TextBounds.nesting`.
    case nestingTooDeep = "nesting-too-deep"

    /// `{` on a line of its own, which ndppd ignores.
    case braceOnNextLine = "brace-on-next-line"

    /// `require` with something that is no condition.
    case invalidCondition = "invalid-condition"

    /// A condition that was given before.
    case duplicateCondition = "duplicate-condition"

    /// More than `TextBounds.conditions`.
    case tooManyConditions = "too-many-conditions"

    /// No absolute path of a file.
    case invalidPath = "invalid-path"

    /// No absolute path of a program, or too many arguments.
    case invalidProgram = "invalid-program"

    /// Rules of a proxy for one prefix with different conditions.
    case differentConditions = "different-conditions"

    /// A rule without `{ … }`.
    case missingBlock = "missing-block"

    /// No key of the language.
    case unknownKey = "unknown-key"

    /// A key of ndppd 1.0, another language than that of 0.2.
    case unsupportedKey = "unsupported-key"

    /// A key of another block.
    case misplacedKey = "misplaced-key"

    /// An option given before.
    case duplicateKey = "duplicate-key"

    /// An option that means something else than for ndppd.
    case differsFromNdppd = "differs-from-ndppd"

    /// An option that the daemon does not act on yet.
    case notInEffect = "not-in-effect"

    /// An option that the daemon never needs.
    case notNeeded = "not-needed"

    /// An option that another one excludes.
    case contradictingKeys = "contradicting-keys"

    /// A key without its value.
    case missingValue = "missing-value"

    /// A value after `static` or `auto`.
    case unexpectedValue = "unexpected-value"

    /// Neither yes nor no.
    case invalidBoolean = "invalid-boolean"

    /// `on` or `1`, which are no for ndppd.
    case looseBoolean = "loose-boolean"

    /// Not decimal digits alone.
    case invalidNumber = "invalid-number"

    /// A word that is none of those a key takes.
    case invalidChoice = "invalid-choice"

    /// A text that is too long, or not one printable line.
    case invalidText = "invalid-text"

    /// A number beyond the range of its key.
    case numberOutOfRange = "number-out-of-range"

    /// A name that no interface can have.
    case invalidInterfaceName = "invalid-interface-name"

    /// No IPv6 address.
    case invalidAddress = "invalid-address"

    /// Nothing, junk or more than 128 behind the slash.
    case invalidPrefixLength = "invalid-prefix-length"

    /// A prefix whose address goes on behind the length.
    case hostBits = "host-bits"

    /// A rule that says something, but no method.
    case missingMethod = "missing-method"

    /// A rule that says nothing, and so is static.
    case impliedStatic = "implied-static"

    /// A rule with two methods.
    case severalMethods = "several-methods"

    /// `static no`, which is static for ndppd.
    case negatedMethod = "negated-method"

    /// A second block for one interface.
    case duplicateProxy = "duplicate-proxy"

    /// A rule with the prefix and method of another.
    case duplicateRule = "duplicate-rule"

    /// A proxy without rules.
    case noRules = "no-rules"

    /// A `static` rule for a /64 or more.
    case wideStatic = "wide-static"

    /// A rule that a `static` one for the same prefix leaves without effect.
    case shadowedRule = "shadowed-rule"

    /// A single address that looks like a prefix.
    case missingLength = "missing-length"

    /// Two proxies that ask each other for the same targets.
    case loop

    /// A rule inside another, where ndppd would apply both.
    case overlappingRules = "overlapping-rules"

    /// A rule that asks on its own proxy interface.
    case asksItself = "asks-itself"

    /// A rule excludes what it is not about anyway, or everything.
    case exclusionOutside = "exclusion-outside"

    /// Interfaces whose hosts can take over each other's addresses by `autowire`.
    case trustDomain = "trust-domain"

    /// A `static` rule for addresses that are on-link at its proxy interface.
    case coversLink = "covers-link"

    /// A `static` rule for the address of a router on the link of its proxy interface.
    case coversRouter = "covers-router"

    /// A `static` rule for the address of another neighbor on that link.
    case coversNeighbor = "covers-neighbor"

    /// An `autowire` rule that asks elsewhere for what is on-link at its proxy interface.
    case autowiresLink = "autowires-link"

    /// Two proxies for one interface of this host, by different names of it.
    case sameInterface = "same-interface"

    /// This host has no such interface.
    case missingInterface = "missing-interface"

    /// The interface is down on this host.
    case interfaceDown = "interface-down"

    /// The interface is a port of a bridge or bond of this host.
    case enslavedInterface = "enslaved-interface"

    /// The interface has no neighbour discovery on this host.
    case noNeighborDiscovery = "no-neighbour-discovery"

    /// The interface of this host does not have the address.
    case missingAddress = "missing-address"

    /// A prefix of addresses that are never answered for.
    case neverAnswered = "never-answered"
  }
}
