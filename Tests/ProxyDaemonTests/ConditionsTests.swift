import DaemonLog
import DaemonSupport
import InterfaceSockets
import LinuxNet
import ProxyModel
import Testing

@testable import ProxyDaemon

/// What is done where the kernel cannot be followed.
struct ConditionsTests {
  @Test func `where routes cannot be read, that is tried again and ends nothing`() throws {
    let stage = try Stage(.static)
    let conditions = Conditions(
      host: stage.host, loop: stage.test.loop, log: stage.log, path: stage.path)
    #expect(conditions.nextDeadline == nil)
    let before = stage.test.loop.now
    conditions.takeRoutes { () throws(SystemError) in
      throw SystemError("read routes from netlink", .noBufferSpace)
    }
    #expect(conditions.nextDeadline == before + .seconds(1))
    conditions.handleTimeout(now: before + .seconds(1))
    #expect(conditions.nextDeadline == nil)
  }
}
