import LinuxNet
import LinuxSupport
import Testing

/// Which files there are, whatever happens to the directories on the way to them.
struct FileWatchTests {
  /// A directory of its own with the file `a/b/master`, and the links `now` and `way` to it.
  private struct Place: ~Copyable {
    let path = "/tmp/ndpproxy-files-\(UInt64.random(in: 0 ... .max))"

    init() throws {
      try shellHere("mkdir -p \(path)/a/b \(path)/c/b && touch \(path)/a/b/master")
      try shellHere("ln -s a \(path)/now && ln -s \(path)/now/../now/b \(path)/way")
    }

    deinit { try? shellHere("rm -r \(path)") }
  }

  /// The file that is watched, and what is done, each with whether the file is there then.
  static let stories: [(String, [(String, Bool)])] = [
    ("a/b/master", [("rm a/b/master", false), ("touch a/b/master", true)]),
    ("a/b/master", [("mv a/b x", false), ("mv x a/b", true)]),
    ("a/b/master", [("mv a x", false), ("mv x a", true), ("rm -r a", false)]),
    ("now/b/master", [("ln -sfn c now", false), ("touch c/b/master", true)]),
    ("now/b/master", [("mv a x", false), ("mv x a", true), ("mv a/b a/x", false)]),
    ("way/master", [("ln -sfn c now", false), ("ln -sfn a now", true), ("mv a x", false)]),
    ("way/master", [("rm way", false), ("ln -s c/b way", false), ("touch c/b/master", true)]),
    ("x/y/z/master", [("mkdir -p x/y/z && touch x/y/z/master", true), ("mv x w", false)]),
  ]

  @Test func `whatever happens on the way to a file is noticed`() throws {
    for (file, steps) in Self.stories {
      let place = try Place()
      let path = "\(place.path)/\(file)"
      let watch = try FileWatch([path])
      for (command, expected) in steps {
        try shellHere("cd \(place.path) && \(command)")
        #expect(try watch.takeChanges(), "\(file): \(command)")
        #expect(FileWatch.exists(path) == expected, "\(file): \(command)")
      }
      // What is not watched any more says so.
      _ = try watch.takeChanges()
      try shellHere("touch \(place.path)/other")
      #expect(try !watch.takeChanges(), "\(file)")
      #expect(watch.obstacles == [])
    }
  }
}
