import ArgumentParser
import LinuxSurvey

extension CompletionKind {
  /// The names of this host's interfaces, alternative ones included.
  static var interfaceNames: CompletionKind {
    .custom { (_: [String], _: Int, _: String) in
      ((try? DetailedLink.readAll()) ?? []).flatMap(\.link.names)
    }
  }
}
