import NDPWire
import ProxyConfig
import ProxyModel
import Testing

struct RulesetTests {
  private func ruleset(_ text: String) throws -> Ruleset {
    let result = ConfigurationParser.parse(Array(text.utf8), fileName: "test.conf")
    return try #require(result.configuration, "\(result.report)").ruleset
  }

  @Test func `defaults keep the limits of RFC 4861`() throws {
    let timers = try ruleset("proxy eth0 {\nrule 2001:db8::/64 {\nauto\n}\n}").proxies[0].timers
    #expect(timers.timeout == .seconds(1))
    #expect(timers.solicitations == 3)
    #expect(timers.ttl == .seconds(30))
    #expect(timers.deadtime == .seconds(3))
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
    #expect(proxy.solicitors == .onLink)
    #expect(proxy.timers.timeout == .milliseconds(500))
    #expect(proxy.timers.solicitations == 4, "the first and three more")
    #expect(proxy.timers.ttl == .milliseconds(2000))
    #expect(proxy.timers.deadtime == .milliseconds(700))
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
    #expect(try ruleset(text).proxies[0].solicitors == .any)
  }

  @Test func `limits of the file are taken up`() throws {
    let text = """
      max-sessions 7
      max-solicitations 8
      max-route-lookups 9
      max-advertisements 10
      """
    let result = ConfigurationParser.parse(Array(text.utf8), fileName: "test.conf")
    let limits = try #require(result.configuration).limits
    #expect(limits.sessions == 7 && limits.solicitationsPerSecond == 8)
    #expect(limits.routeLookupsPerSecond == 9 && limits.advertisementsPerSecond == 10)
  }

  @Test func `a file that says nothing of limits has the defaults`() throws {
    #expect(Configuration().limits == Limits())
  }
}
