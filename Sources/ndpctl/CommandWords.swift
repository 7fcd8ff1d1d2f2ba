import ArgumentParser
import PlainText

/// The words of a command line, put into the order in which ArgumentParser takes them.
///
/// Options for all commands may stand before the command, commands may be abbreviated, and what is
/// no command is refused with what was likely meant: the parser would take it for an argument of
/// `status`.
struct CommandWords {
  private(set) var arguments: [String]
  /// The full name of the command that is meant, such as `rule disable`; empty while none is known.
  private(set) var command = ""

  init(_ arguments: some Sequence<String>) {
    self.arguments = Array(arguments)
  }

  /// There is no such command, or more than one.
  struct Unknown: Error, CustomStringConvertible {
    let description: String
  }

  /// Finds the command that is meant.
  ///
  /// Throws `Unknown` where there is none.
  mutating func resolve(among root: any ParsableCommand.Type) throws {
    var rest = arguments[...]
    var isHelp = false
    var options: [String] = []
    while let word = rest.first, word.hasPrefix("-") {
      switch word {
      case "-h", "--help":
        isHelp = true
      case "--json", "--pretty":
        options.append(word)
      case "-s", "--socket":
        guard rest.count > 1 else { return }
        options += rest.prefix(2)
        rest = rest.dropFirst()
      case _ where word.hasPrefix("--socket="):
        options.append(word)
      case _ where word.hasPrefix("-s"):
        // The parser knows no value right behind a letter.
        options += ["-s", String(word.dropFirst(2))]
      default:
        // The parser has a version and scripts for shells, or knows no such option.
        return
      }
      rest = rest.dropFirst()
    }
    if rest.first == "help" {
      isHelp = true
      rest = rest.dropFirst()
    }
    var path: [String] = []
    var parent = root
    while let word = rest.first, !parent.configuration.subcommands.isEmpty {
      if word.hasPrefix("-"), !path.isEmpty { break }
      let found = try Self.command(word, among: parent, path: path)
      path.append(found.name)
      parent = found.type
      rest = rest.dropFirst()
    }
    command = path.joined(separator: " ")
    arguments = isHelp ? path + ["--help"] : path + options + rest
  }

  private static func command(
    _ word: String, among parent: any ParsableCommand.Type, path: [String]
  ) throws -> (name: String, type: any ParsableCommand.Type) {
    let all = parent.configuration.subcommands.compactMap { type in
      type.configuration.commandName.map { (name: $0, type: type) }
    }
    if let exact = all.first(where: { $0.name == word }) { return exact }
    let begun = word.isEmpty ? [] : all.filter { $0.name.hasPrefix(word) }
    if let only = begun.first, begun.count == 1 { return only }
    let place = (["ndpctl"] + path).joined(separator: " ")
    guard begun.isEmpty else {
      let names = begun.map { "'\($0.name)'" }.joined(separator: " or ")
      throw Unknown(description: "'\(word.printable)' is ambiguous: \(names)")
    }
    let nearest = all.map { ($0.name, editDistance(word.lowercased(), $0.name)) }
      .min { $0.1 < $1.1 }
    let isNear = nearest.map { $0.1 <= max(1, min(word.utf8.count, 64) / 3) } ?? false
    let hint = isNear ? "; did you mean '\(nearest?.0 ?? "")'?" : ""
    throw Unknown(
      description: "there is no command '\(word.printable)'\(hint)\n"
        + "'\(place.replacing("ndpctl", with: "ndpctl help", maxReplacements: 1))' lists the "
        + "commands.")
  }
}
