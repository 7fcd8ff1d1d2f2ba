import Conformance
import Glibc
import InterfaceEvents
import NetworkLab

// Prints what ndpproxy and ndppd do about every event of an interface.
// With words as arguments only of the events whose names contain one of them.

let wanted = Array(CommandLine.arguments.dropFirst())
if !Host.permitsLabs {
  try await Host.becomeRootOfUserNamespace(arguments: wanted)
  print("network namespaces are not permitted here")
  exit(1)
}
let events = InterfaceEvent.all.filter { event in
  wanted.isEmpty || wanted.contains { "\(event)".contains($0) }
}
let table = try await EventTable.made(of: events)
print(table.text)
exit(table.faultCount == 0 ? 0 : 1)
