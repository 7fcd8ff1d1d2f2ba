import Glibc
import LinuxNet
import LinuxSurvey
import NetworkLab
import SystemPackage
import Testing

/// Skipping is for developers' machines; a build server that cannot run these has to say so.
@Test func namespacesArePermittedWhereTheyMustBe() {
  guard geteuid() == 0 || CurrentProcess.environment("CI") != nil else { return }
  #expect(NetworkNamespace.isPermitted)
}

@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct NetworkNamespaceTests {
  @Test func hasNothingButALoopback() throws {
    let namespace = try NetworkNamespace()
    #expect(try namespace.run { try interfaceNames() } == ["lo"])
  }

  @Test func theThreadComesHomeAlsoFromAnError() throws {
    let namespace = try NetworkNamespace()
    let before = try interfaceNames()
    #expect(throws: Errno.noSuchFileOrDirectory) {
      try namespace.run { throw Errno.noSuchFileOrDirectory }
    }
    #expect(try interfaceNames() == before)
  }

  @Test func namespacesCanBeNested() throws {
    let outer = try NetworkNamespace()
    let inner = try outer.run { try NetworkNamespace() }
    let names = try outer.run { try (inner.run { try interfaceNames() }, interfaceNames()) }
    #expect(names == (["lo"], ["lo"]))
  }
}
