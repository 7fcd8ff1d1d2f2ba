import Glibc
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Metrics, judged by those who read them.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct MetricsTests {
  @Test func `promtool has nothing to say`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) {
      daemon in
      _ = try await network.router.ping(FoundingNetwork.memberAddress(0))
      for arguments in [["metrics"], ["metrics", "--rules"]] {
        let metrics = try await network.gateway.ndpctl(arguments, of: daemon)
        #expect(metrics.status == .exited(0), "\(metrics.standardError)")
        let judged = try await network.gateway.run(
          "promtool", "check", "metrics", input: metrics.standardOutput)
        #expect(judged == "")
      }
      let text = try await network.gateway.ndpctl("metrics", "--rules", of: daemon).standardOutput
      let lines = Set(text.split(separator: "\n").map(String.init))
      let expected = [
        "ndpproxy_up 1", "ndpproxy_rules 1", #"ndpproxy_sessions{state="reachable"} 1"#,
        #"ndpproxy_interface_usable{interface="eth0",role="proxy"} 1"#,
        #"ndpproxy_advertisements_sent_total{interface="eth0"} 1"#,
        #"ndpproxy_solicitations_sent_total{interface="zt0"} 1"#,
        #"ndpproxy_rule_answers_total{proxy="eth0",prefix="2001:db8:1:0:ff::/80"} 1"#,
        #"ndpproxy_malformed_total{interface="eth0",reason="checksum"} 0"#,
        "ndpproxy_answer_latency_seconds_count 1", "ndpproxy_config_last_reload_successful 1",
      ]
      for line in expected { #expect(lines.contains(line), "\(line)\n\(text)") }
    }
  }

  @Test func `OpenMetrics is OpenMetrics`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      let metrics = try await network.gateway.ndpctl("metrics", "--openmetrics", of: daemon)
      let parser =
        "import sys; from prometheus_client.openmetrics.parser import "
        + "text_string_to_metric_families as p; print(sum(1 for f in p(sys.stdin.read())))"
      let count = try await network.gateway.run(
        "/usr/bin/python3", "-c", parser, input: metrics.standardOutput)
      #expect(Int(count.prefix { $0 != "\n" }) ?? 0 > 15)
    }
  }

  @Test func `a file for node_exporter is whole, and says that nobody is there`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let path = "/tmp/ndpproxy-metrics-\(UInt64.random(in: 0 ... .max)).prom"
    defer { unlink(path) }
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      let result = try await network.gateway.ndpctl("metrics", "--textfile", path, of: daemon)
      #expect(result.status == .exited(0) && result.standardOutput == "")
      let text = String(decoding: try RegularFile(path, limit: 1 << 20).octets, as: UTF8.self)
      #expect(text.hasSuffix("ndpproxy_answer_latency_seconds_count 0\n"), "\(text)")
    }
    let program = try Host.programBeside("ndpctl")
    let result = try await network.gateway.result(
      of: [program, "metrics", "--socket", "/nowhere", "--textfile", path])
    #expect(result.status == .exited(69))
    let text = String(decoding: try RegularFile(path, limit: 1 << 20).octets, as: UTF8.self)
    #expect(text.split(separator: "\n").last == "ndpproxy_up 0")
    let refused = try await network.gateway.result(
      of: [program, "metrics", "--socket", "/nowhere", "--textfile", "/nowhere/file"])
    #expect(refused.standardError.contains("/nowhere/file"))
  }
}

/// What is shipped for Prometheus and Grafana, against what there is.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct PackagedMetricsTests {
  private func text(_ path: String) throws -> String {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(
      decoding: try RegularFile(root + "/Packaging/" + path, limit: 1 << 20).octets, as: UTF8.self)
  }

  @Test(arguments: ["grafana/ndpproxy.json", "prometheus/ndpproxy.rules.yml"])
  func `alerts and panels are about metrics that there are`(path: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      let metrics = try await network.gateway.ndpctl("metrics", of: daemon).standardOutput
      let known = Set(
        metrics.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
          String($0.prefix { !" {".contains($0) })
        })
      let used = Set(try text(path).matches(of: /ndpproxy_[a-z_]+/).map { String($0.output) })
      #expect(used.count > 5)
      #expect(used.subtracting(known) == [])
    }
  }

  @Test func `promtool takes the alerts`() async throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let network = try await FoundingNetwork(members: 1)
    let report = try await network.gateway.run(
      "promtool", "check", "rules", root + "/Packaging/prometheus/ndpproxy.rules.yml")
    #expect(report.contains("SUCCESS: 7 rules found"))
  }
}
