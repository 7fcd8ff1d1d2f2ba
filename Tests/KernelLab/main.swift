import Glibc
import LinuxNet
import NetworkLab

// Plays the labs that need other kernels than most test machines have; see scripts/test-kernel.
// With words as arguments only those whose names contain one of them. With `--complete` a lab that
// cannot be played has failed. KERNEL_PATH=yes plays them with the configuration `kernel-path yes`.

var words = Array(CommandLine.arguments.dropFirst())
let isComplete = words.first == "--complete"
if isComplete { words.removeFirst() }
guard Host.permitsLabs else {
  print("kernellab: network namespaces are not permitted here; this requires root")
  exit(1)
}
let labs = Lab.all.filter { lab in words.isEmpty || words.contains { lab.title.contains($0) } }
guard !labs.isEmpty else {
  print("kernellab: no lab has one of these words in its name: \(words.joined(separator: " "))")
  exit(1)
}
let path = CurrentProcess.environment("KERNEL_PATH").flatMap { $0.isEmpty ? nil : $0 }
let report = await Daemon.$kernelPath.withValue(path) {
  await Report.made(of: labs, needingAll: isComplete)
}
exit(await report.failed.isEmpty ? 0 : 1)
