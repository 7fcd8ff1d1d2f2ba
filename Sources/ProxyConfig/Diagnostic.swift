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

  /// What to do, such as `did you mean 'rule'?`; printable ASCII as well.
  package let suggestion: String?
}

extension Diagnostic {
  /// Whether the file can be used all the same.
  package enum Severity: String, Sendable {
    /// The meaning cannot be known: there is no configuration.
    case error

    /// The meaning is known, or the word has no effect: there is a configuration.
    case warning
  }

  /// Every kind of trouble there is.
  package enum Code: String, CaseIterable, Sendable {
    // The file.
    case fileTooLarge = "file-too-large"
    case tooManyEntries = "too-many-entries"
    case moreDiagnostics = "more-diagnostics"
    case utf16 = "utf-16"
    case nothingConfigured = "nothing-configured"

    // Octets and words.
    case byteOrderMark = "byte-order-mark"
    case unexpectedOctet = "unexpected-octet"
    case unterminatedComment = "unterminated-comment"
    case ambiguousComment = "ambiguous-comment"
    case commentInValue = "comment-in-value"
    case unterminatedQuote = "unterminated-quote"
    case quotes
    case semicolon
    case literalEscape = "literal-escape"

    // Blocks.
    case unexpectedText = "unexpected-text"
    case unexpectedBrace = "unexpected-brace"
    case unexpectedBlock = "unexpected-block"
    case unterminatedBlock = "unterminated-block"
    case nestingTooDeep = "nesting-too-deep"
    case braceOnNextLine = "brace-on-next-line"
    case missingBlock = "missing-block"

    // Keys.
    case unknownKey = "unknown-key"
    case misplacedKey = "misplaced-key"
    case duplicateKey = "duplicate-key"
    case notInEffect = "not-in-effect"
    case notNeeded = "not-needed"

    // Values.
    case missingValue = "missing-value"
    case unexpectedValue = "unexpected-value"
    case invalidBoolean = "invalid-boolean"
    case looseBoolean = "loose-boolean"
    case invalidNumber = "invalid-number"
    case numberOutOfRange = "number-out-of-range"
    case invalidInterfaceName = "invalid-interface-name"
    case invalidAddress = "invalid-address"
    case invalidPrefixLength = "invalid-prefix-length"

    // Proxies and rules.
    case missingMethod = "missing-method"
    case impliedStatic = "implied-static"
    case severalMethods = "several-methods"
    case negatedMethod = "negated-method"
    case duplicateProxy = "duplicate-proxy"
    case duplicateRule = "duplicate-rule"
    case noRules = "no-rules"
    case asksItself = "asks-itself"
    case neverAnswered = "never-answered"
  }
}
