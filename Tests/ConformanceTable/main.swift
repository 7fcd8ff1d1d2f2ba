import Conformance
import Glibc
import NetworkLab

// Prints what came of every row on the decoder and engine, our daemon, ndppd and the kernel.
// With ids, or the first letters of ids, as arguments only of these rows.

let wanted = Array(CommandLine.arguments.dropFirst())
if !Host.permitsLabs {
  try await Host.becomeRootOfUserNamespace(arguments: wanted)
  print("network namespaces are not permitted here")
  exit(1)
}
let rows = Row.all.filter { row in wanted.isEmpty || wanted.contains { row.id.hasPrefix($0) } }
let table = await Table.made(of: rows)
print(table.text)
if wanted.isEmpty { print("\nProbes that compare proxies, and their rows:\n\n\(table.peerProbes)") }
exit(table.failures.isEmpty && !table.isUnsteady ? 0 : 1)
