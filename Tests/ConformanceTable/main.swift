import Conformance
import Glibc
import LinuxNet
import NetworkLab

// Prints what came of every row on the decoder and engine, our daemon, ndppd and the kernel.
// With ids, or the first letters of ids, as arguments only of these rows.

let wanted = Array(CommandLine.arguments.dropFirst())
if !Host.permitsLabs {
  try await Host.becomeRootOfUserNamespace(arguments: wanted)
  print("network namespaces are not permitted on this host")
  exit(1)
}
let rows = Row.all.filter { row in wanted.isEmpty || wanted.contains { row.id.hasPrefix($0) } }
var table = await Table.made(of: rows)
if let met = try? RegularFile(".build/kernel/rows", limit: 1 << 16) {
  table.add(metElsewhere: String(decoding: met.octets, as: UTF8.self))
}
print(table.text)
let kernel = try RegularFile("/proc/sys/kernel/osrelease", limit: 256).octets
print(
  "The kernel is Linux \(String(decoding: kernel, as: UTF8.self).split(separator: "\n")[0]), "
    + "unless a row names another one.")
if wanted.isEmpty {
  print("\nTests that compare proxies, and the rows that contain them:\n\n\(table.peerProbes)")
}
exit(table.failures.isEmpty && !table.isUnsteady ? 0 : 1)
