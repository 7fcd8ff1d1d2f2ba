import CLinux

extension stat {
  /// What it is: `S_IFREG`, `S_IFDIR`, ….
  var kind: CInt { CInt(st_mode) & S_IFMT }
}
