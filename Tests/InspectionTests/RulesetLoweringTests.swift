import Inspection
import NDPWire
import ProxyConfig
import ProxyEngine
import Testing

struct RulesetLoweringTests {
  private func ruleset(_ text: String) throws -> Ruleset {
    let result = ConfigurationParser.parse(Array(text.utf8), fileName: "test.conf")
    return Ruleset(try #require(result.configuration, "\(result.report)"))
  }

  @Test func `defaults keep the limits of RFC 4861`() throws {
    let timers = try ruleset("proxy eth0 {\nrule 2001:db8::/64 {\nauto\n}\n}").proxies[0].timers
    #expect(timers.retransmission == .seconds(1))
    #expect(timers.solicitations == 3)
    #expect(timers.reachable == .seconds(30))
    #expect(timers.failed == .seconds(3))
    #expect(timers.keepsAlive)
  }

  @Test func `what the file says reaches the engine`() throws {
    let proxy = try ruleset(
      """
      proxy eth0 {
        router no
        override yes
        source link-local
        dad defend
        solicitors on-link
        timeout 500
        retries 3
        ttl 2000
        deadtime 700
        keepalive no
        rule 2001:db8:1::/64 {
          static
        }
        rule 2001:db8:2::/64 {
          iface zt0
        }
        rule 2001:db8:3::/64 {
          auto
        }
      }
      """
    ).proxies[0]
    #expect(proxy.interface == "eth0" && !proxy.isRouter && proxy.isOverride)
    #expect(proxy.source == .linkLocal && proxy.duplicateDetection == .defend)
    #expect(!proxy.answersOffLink)
    #expect(proxy.timers.retransmission == .milliseconds(500))
    #expect(proxy.timers.solicitations == 4, "the first and three more")
    #expect(proxy.timers.reachable == .milliseconds(2000))
    #expect(proxy.timers.failed == .milliseconds(700))
    #expect(!proxy.timers.keepsAlive)
    #expect(
      proxy.rules == [
        .init(prefix: IPv6Prefix("2001:db8:1::/64")!, method: .static),
        .init(prefix: IPv6Prefix("2001:db8:2::/64")!, method: .interface("zt0")),
        .init(prefix: IPv6Prefix("2001:db8:3::/64")!, method: .auto),
      ])
  }

  @Test(arguments: ["", "solicitors any\n"])
  func `everybody is answered unless the file says otherwise`(option: String) throws {
    let text = "proxy eth0 {\n\(option)rule 2001:db8::/64 {\nauto\n}\n}"
    #expect(try ruleset(text).proxies[0].answersOffLink)
  }

  @Test func `limits of the file are the engine's`() throws {
    let text = """
      max-sessions 7
      max-solicitations 8
      max-route-lookups 9
      max-advertisements 10
      """
    let result = ConfigurationParser.parse(Array(text.utf8), fileName: "test.conf")
    let limits = ProxyEngine.Limits(try #require(result.configuration))
    #expect(limits.sessions == 7 && limits.solicitationsPerSecond == 8)
    #expect(limits.routeLookupsPerSecond == 9 && limits.advertisementsPerSecond == 10)
  }

  @Test func `a file that says nothing of limits has the engine's own`() throws {
    #expect(ProxyEngine.Limits(Configuration()) == ProxyEngine.Limits())
  }
}
