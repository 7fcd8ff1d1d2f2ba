import Conformance
import Glibc
import NetworkLab

// Prints what came of every row on the decoder and engine, our daemon, ndppd and the kernel.

if !Host.permitsLabs {
  try await Host.becomeRootOfUserNamespace(arguments: Array(CommandLine.arguments.dropFirst()))
  print("network namespaces are not permitted here")
  exit(1)
}
let table = await Table.made()
print(table.text)
exit(table.failures.isEmpty ? 0 : 1)
