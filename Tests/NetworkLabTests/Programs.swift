import NetworkLab
import SystemPackage

/// ndppd as Debian installs it: a daemon that is not ours, so that a fault is the lab's.
let ndppd = "/usr/sbin/ndppd"

/// Ours, as the same build made it.
let ndpproxy = (try? Host.programBeside("ndpproxy")) ?? ""

func isInstalled(_ path: String) -> Bool {
  (try? FileDescriptor.open(FilePath(path), .readOnly).close()) != nil
}
