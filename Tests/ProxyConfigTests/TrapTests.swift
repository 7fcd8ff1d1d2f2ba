import ProxyConfig
import Testing

/// Every trap of ndppd's language by name, with exactly what is said about it.
@Suite struct TrapTests {
  /// Traps within a rule: the text stands on line 3, in `rule 2001:db8::/64 {` of `proxy eth0 {`.
  static let inRule = [
    Row("misspelt method", "statik", "3:1 error unknown-key"),
    Row("upper-case method", "STATIC", "3:1 error unknown-key"),
    Row("'interface' for 'iface'", "interface eth1", "3:1 error unknown-key"),
    Row("only another option", "autovia no", "2:1 error missing-method"),
    Row("empty body", "", "2:1 warning implied-static", "2:1 warning wide-static"),
    Row(
      "method commented out", "#auto", "2:1 warning implied-static", "2:1 warning wide-static"),
    Row("two methods", "auto\nstatic", "4:1 error several-methods"),
    Row(
      "two methods, one of them wide", "static\nauto", "2:1 warning wide-static",
      "4:1 error several-methods"),
    Row("two methods on one line", "auto static", "3:6 error several-methods"),
    Row("method and iface on one line", "auto iface eth1", "3:6 error several-methods"),
    Row("two interfaces", "iface eth1\niface eth2", "4:1 error several-methods"),
    Row("one method twice", "auto\nauto", "4:1 warning duplicate-key"),
    Row("negated method", "static no", "3:8 error negated-method"),
    Row("negated method in digits", "auto 0", "3:6 error negated-method"),
    Row("method with a value", "auto eth1", "3:6 error unexpected-value"),
    Row("method with a block", "auto { }", "3:6 error unexpected-block"),
    Row("iface without a name", "iface", "3:1 error missing-value"),
    Row(
      "iface with a block for a name", "iface { }", "3:1 error missing-value",
      "3:7 error unexpected-block"),
    Row("iface is the proxy", "iface eth0", "3:7 warning asks-itself"),
    Row(
      "name of 128 octets", "iface \(String(repeating: "a", count: 128))",
      "3:7 error invalid-interface-name"),
    Row("name with a slash", "iface eth/1", "3:7 error invalid-interface-name"),
    Row("name with a colon", "iface eth0:1", "3:7 error invalid-interface-name"),
    Row("name with a bracket", "iface [tap]/", "3:7 error invalid-interface-name"),
    Row("name with its peer", "iface eth0@if3", "3:7 error invalid-interface-name"),
    Row("name beginning with @", "iface @if3", "3:7 error invalid-interface-name"),
    Row("two names and a comma", "iface eth1,eth2", "3:7 error invalid-interface-name"),
    Row("variable", "iface $LAN", "3:7 error invalid-interface-name"),
    Row("name of a dot", "iface .", "3:7 error invalid-interface-name"),
    Row("name of two dots", "iface ..", "3:7 error invalid-interface-name"),
    Row(
      "name with a blank", "iface \"eth 1\"", "3:7 warning quotes",
      "3:8 error invalid-interface-name"),
    Row("empty name", "iface ''", "3:7 warning quotes", "3:8 error invalid-interface-name"),
    Row("unknown option", "auto\nprio 10", "4:1 warning unknown-key"),
    Row("option of ndppd 1.0", "auto\nrewrite ::2/64", "4:1 warning unsupported-key"),
    Row(
      "option of ndppd 1.0 alone", "table 5", "2:1 error missing-method",
      "3:1 warning unsupported-key"),
    Row("proxy's option", "auto\nttl 9", "4:1 warning misplaced-key"),
    Row("unknown block", "auto\noptions { a b }", "4:1 error unknown-key"),
    Row("autovia", "auto\nautovia yes"),
    Row("exclusion outside", "auto\nexclude 2001:db9::1", "4:9 error exclusion-outside"),
    Row("exclusion with host bits", "auto\nexclude 2001:db8::5/80", "4:9 warning host-bits"),
    Row("exclusion of all", "auto\nexclude 2001:db8::/64", "4:9 error exclusion-outside"),
    Row("exclusion that is no prefix", "auto\nexclude me", "4:9 error invalid-address"),
    Row("semicolon", "auto;", "3:5 warning semicolon"),
    Row("two semicolons on a line", "auto; autovia no;", "3:5 warning semicolon"),
    Row(
      "semicolons around a comment over lines", "auto; /*\n*/ ;", "3:5 warning semicolon",
      "4:4 warning semicolon"),
    Row("quotes", "iface \"eth1\"", "3:7 warning quotes"),
    Row("quote without an end", "iface \"eth1", "3:7 error unterminated-quote"),
    Row("comment glued to a name", "iface eth1#wan", "3:11 error comment-in-value"),
    Row("slashes glued to a name", "iface eth1//wan", "3:11 error comment-in-value"),
  ]

  @Test(arguments: inRule)
  func `trap in a rule`(row: Row) {
    let result = parse("proxy eth0 {\nrule 2001:db8::/64 {\n\(row.text)\n}\n}\n")
    expect(result, toSay: row.expected)
  }

  /// Traps in the head of a rule, which stands at the start of line 2.
  static let ruleHeads = [
    Row("placeholder", "rule PREFIX {static}", "2:6 error invalid-address"),
    Row("placeholder with length", "rule xxx/112 {static}", "2:6 error invalid-address"),
    Row("interface for an address", "rule vmbr0 {auto}", "2:6 error invalid-address"),
    Row("zone", "rule fe80::1%eth0 {static}", "2:6 error invalid-address"),
    Row("IPv4", "rule 192.0.2.0/24 {static}", "2:6 error invalid-address"),
    Row("no address", "rule {static}", "2:1 error missing-value"),
    Row("no address, no block", "rule", "2:1 error missing-value", "2:1 error missing-block"),
    Row("no block", "rule 2001:db8::/64", "2:1 error missing-block"),
    Row("method without block", "rule 2001:db8::/64 static", "2:20 error unexpected-text"),
    Row("slash without length", "rule 2001:db8::/ {static}", "2:16 error invalid-prefix-length"),
    Row("length 129", "rule 2001:db8::/129 {static}", "2:17 error invalid-prefix-length"),
    Row("length with junk", "rule 2001:db8::/64x {static}", "2:17 error invalid-prefix-length"),
    Row("two lengths", "rule 2001:db8::/64/64 {static}", "2:17 error invalid-prefix-length"),
    Row("negative length", "rule 2001:db8::/-1 {static}", "2:17 error invalid-prefix-length"),
    Row(
      "length with semicolon", "rule 2001:db8::/64; {static}", "2:1 warning wide-static",
      "2:19 warning semicolon"),
    Row("blank before the slash", "rule 2001:db8:: /64 {static}", "2:17 error unexpected-text"),
    Row("brace on the next line", "rule 2001:db8::1\n{static}", "3:1 warning brace-on-next-line"),
    Row("brace after a comment line", "rule ::2\n#\n{auto}", "4:1 warning brace-on-next-line"),
    Row("multicast", "rule ff02::/16 {static}", "2:6 warning never-answered"),
    Row("link-local", "rule fe80::/10 {static}", "2:6 warning never-answered"),
    Row("IPv4-mapped", "rule ::ffff:192.0.2.1 {static}", "2:6 warning never-answered"),
    Row("loopback", "rule ::1 {static}", "2:6 warning never-answered"),
    Row("unspecified", "rule :: {static}", "2:6 warning never-answered"),
    Row("static for a /63", "rule 2001:db8::/63 {static}", "2:1 warning wide-static"),
    Row("static for all", "rule ::/0 {static}", "2:1 warning wide-static"),
    Row(
      "implied static for a /48", "rule 2001:db8::/48 { }", "2:1 warning implied-static",
      "2:1 warning wide-static"),
    Row("static for a /64", "rule 2001:db8::/64 {static}", "2:1 warning wide-static"),
    Row("static for a /65", "rule 2001:db8::/65 {static}"),
    Row("host bits", "rule 2001:db8::5/80 {static}", "2:6 warning host-bits"),
    Row("host bits of a /127", "rule 2001:db8::5/127 {auto}", "2:6 warning host-bits"),
    Row("host bits of all", "rule 2001:db8::5/0 {auto}", "2:6 warning host-bits"),
    Row("no host bits in one address", "rule 2001:db8::5/128 {auto}"),
    Row(
      "host bits in a repeated rule", "rule 2001:db8::5/80 {auto}\nrule 2001:db8::/80 {auto}",
      "2:6 warning host-bits", "3:1 warning duplicate-rule"),
    Row("auto for a /48", "rule 2001:db8::/48 {auto}"),
    Row("no length, 64 zeros", "rule 2001:db8:1:2:: {auto}", "2:6 warning missing-length"),
    Row("no length, 63 zeros", "rule 2001:db8:1:2:8000:: {auto}"),
    Row("64 zeros and a length", "rule 2001:db8:1:2::/128 {auto}"),
    Row(
      "auto beside static", "rule ::8/126{static}\nrule ::8/126{auto}",
      "3:1 warning shadowed-rule"),
    Row(
      "iface before static", "rule ::8/126{iface b}\nrule ::8/126{static}",
      "2:1 warning shadowed-rule"),
    Row("auto beside iface", "rule ::8/126{iface b}\nrule ::8/126{auto}"),
    Row("exact duplicate", "rule ::2{auto}\nrule ::2/128{auto}", "3:1 warning duplicate-rule"),
    Row(
      "ask inside static", "rule ::8:0/112{static}\nrule ::8:1{auto}",
      "3:1 warning overlapping-rules"),
    Row(
      "wider rule later", "rule ::8:1{auto}\nrule ::8:0/112{iface x}",
      "2:1 warning overlapping-rules"),
    Row("rule in a rule", "rule ::2{auto\nrule ::3 {auto}\n}", "3:1 error misplaced-key"),
    Row("misspelt rule", "ruel ::2 {auto}", "2:1 error unknown-key"),
    Row("upper-case rule", "RULE ::2 {auto}", "2:1 error unknown-key"),
    Row("method outside a rule", "static\nrule ::2 {auto}", "2:1 warning misplaced-key"),
    Row("proxy in a proxy", "rule ::2{auto}\nproxy b { }", "3:1 error misplaced-key"),
    Row("address in quotes", "rule \"::/64\" {auto}", "2:6 warning quotes"),
    Row(
      "address with host bits in quotes", "rule \"::2/64\" {auto}", "2:6 warning quotes",
      "2:7 warning host-bits"),
  ]

  @Test(arguments: ruleHeads)
  func `trap in the head of a rule`(row: Row) {
    expect(parse("proxy eth0 {\n\(row.text)\n}\n"), toSay: row.expected)
  }

  /// Traps among a proxy's options, which stand on line 2.
  static let options = [
    Row("yes with a semicolon", "router yes;", "2:11 warning semicolon"),
    Row("semicolon between pairs", "ttl 5;deadtime 5", "2:6 warning semicolon"),
    Row("on", "router on", "2:8 warning loose-boolean"),
    Row("1", "router 1", "2:8 warning loose-boolean"),
    Row("off, as for ndppd", "keepalive off"),
    Row("0, as for ndppd", "keepalive 0"),
    Row("key of ndppd 1.0", "target 02:00:00:00:00:01", "2:1 warning unsupported-key"),
    Row("key of ndppd 1.0 with a block", "table { 5 }", "2:1 error unsupported-key"),
    Row("no word for yes", "router ja", "2:8 error invalid-boolean"),
    Row("no value", "router", "2:1 error missing-value"),
    Row("no value but an equals sign", "router =", "2:1 error missing-value"),
    Row("two equals signs", "router ==", "2:9 error invalid-boolean"),
    Row("quoted boolean", "router \"yes\"", "2:8 warning quotes"),
    Row("seconds", "ttl 10s", "2:5 error invalid-number"),
    Row("words for numbers", "ttl ten", "2:5 error invalid-number"),
    Row("hexadecimal", "ttl 0x10", "2:5 error invalid-number"),
    Row("fraction", "ttl 1.5", "2:5 error invalid-number"),
    Row("zero", "timeout 0", "2:9 error number-out-of-range"),
    Row("negative", "ttl -1", "2:5 error number-out-of-range"),
    Row("beyond a day", "deadtime 86400001", "2:10 error number-out-of-range"),
    Row("beyond any integer", "ttl 99999999999999999999999", "2:5 error number-out-of-range"),
    Row("unknown source", "source eth0", "2:8 error invalid-choice"),
    Row("group as source", "source ff02::1", "2:8 error invalid-choice"),
    Row("unknown dad", "dad yes", "2:5 error invalid-choice"),
    Row("unknown solicitors", "solicitors all", "2:12 error invalid-choice"),
    Row("solicitors in one word", "solicitors onlink", "2:12 error invalid-choice"),
    Row("misspelt solicitors", "solicitor any", "2:1 warning unknown-key"),
    Row("text in several words", "description a b", "2:15 error unexpected-text"),
    Row("control in a text", "description \"a\u{1b}b\"", "2:14 error invalid-text"),
    Row("text that turns around", "description \"a\u{202e}b\"", "2:14 error invalid-text"),
    Row(
      "text of 201 octets", "description \"\(String(repeating: "x", count: 201))\"",
      "2:14 error invalid-text"),
    Row("11 retries", "retries 11", "2:9 error number-out-of-range"),
    Row("comment glued to a number", "ttl 5000#ms", "2:9 error comment-in-value"),
    Row("first of two counts", "dad verify\ndad ignore", "3:1 warning duplicate-key"),
    Row("outgoing is not ready", "outgoing yes", "2:10 warning not-in-effect"),
    Row("misspelt option", "tll 5", "2:1 warning unknown-key"),
    Row("option of the file", "route-ttl 5", "2:1 warning misplaced-key"),
    Row("option with a block", "ttl 5 { }", "2:7 error unexpected-block"),
    Row("block without a key", "{ ttl 5 }", "2:1 error unexpected-brace"),
    Row("no key", "* 5", "2:1 error unexpected-text"),
    Row("key in quotes", "\"ttl\" 5", "2:1 error unexpected-text"),
    Row("address for a key", "::1 5 { x }", "2:1 error unexpected-text"),
    Row("no-break space", "ttl\u{a0}5", "2:4 error unexpected-octet"),
    Row("indented by no-break spaces", "\u{a0}\u{a0}ttl 5", "2:1 error unexpected-octet"),
    Row("umlaut in a key", "t\u{f6}l 5", "2:2 error unexpected-octet"),
    Row("dash of a word processor", "ttl –5", "2:5 error unexpected-octet"),
    Row("NUL", "ttl 5\0", "2:6 error unexpected-octet"),
    Row("byte order mark inside", "\u{feff}ttl 5", "2:1 error unexpected-octet"),
    Row("literal \\r", "dad ignore\\r", "2:11 warning literal-escape"),
    Row("literal \\n after a brace", "rule ::3 {\\n auto }", "2:11 warning literal-escape"),
    Row("self-closing comment", "/*/ ttl 5 /* */", "2:1 error ambiguous-comment"),
  ]

  @Test(arguments: options)
  func `trap among options`(row: Row) {
    expect(parse("proxy eth0 {\n\(row.text)\nrule ::2 { auto }\n}\n"), toSay: row.expected)
  }

  /// Traps of whole files.
  static let files = [
    Row("empty file", "", "1:1 warning nothing-configured"),
    Row("comment only", "# x", "1:1 warning nothing-configured"),
    Row("proxy without rules", "proxy a {\n}", "1:1 warning no-rules"),
    Row("proxy without block", "proxy a", "1:1 warning no-rules"),
    Row("proxy without name", "proxy { rule ::2 {auto} }", "1:1 error missing-value"),
    Row("quoted name", "proxy \"a\" { rule ::2 {auto} }", "1:7 warning quotes"),
    Row("quote without an end", "proxy \"a { rule ::2 {auto} }", "1:7 error unterminated-quote"),
    Row("curly quotes", "proxy “a” { rule ::2 {auto} }", "1:7 error unexpected-octet"),
    Row("two names", "proxy a b { rule ::2 {auto} }", "1:9 error unexpected-text"),
    Row("comment glued to a name", "proxy a#b { rule ::2 {auto} }", "1:8 error comment-in-value"),
    Row("byte order mark", "\u{feff}proxy a{rule ::2{auto}}", "1:1 warning byte-order-mark"),
    Row("brace on the next line", "proxy a\n{rule ::2{auto}}", "2:1 warning brace-on-next-line"),
    Row("upper-case proxy", "Proxy a {rule ::2{auto}}", "1:1 error unknown-key"),
    Row("brace too many", "}\nproxy a{rule ::2{auto}}", "1:1 error unexpected-brace"),
    Row("brace missing", "proxy a {rule ::2{auto}", "1:9 error unterminated-block"),
    Row("two braces missing", "proxy a {rule ::2{auto", "1:18 error unterminated-block"),
    Row("comment without an end", "proxy a{rule ::2{auto /*}}", "1:23 error unterminated-comment"),
    Row(
      "slash and star at the end", "proxy a{rule ::2{auto}} /*", "1:25 error unterminated-comment"),
    Row(
      "include", "include x.conf\nproxy a{rule ::2{auto}}", "1:9 error not-included"),
    Row(
      "two proxies ask each other",
      "proxy a{rule ::8/126{iface b}}\nproxy b{rule ::8/126{iface a}}", "2:9 warning loop"),
    Row(
      "and one for less of it",
      "proxy b{rule ::9{iface a}}\nproxy a{rule ::8/126{iface b}}", "1:9 warning loop"),
    Row(
      "and one for a part that comes later",
      "proxy a{rule ::/97{iface b}}\nproxy b{rule ::4/126{iface c} rule ::8{iface a}}",
      "2:31 warning loop"),
    Row(
      "two proxies ask each other for different targets",
      "proxy a{rule ::8/126{iface b}}\nproxy b{rule ::c/126{iface a}}"),
    Row(
      "two proxies ask a third", "proxy a{rule ::8/126{iface c}}\nproxy b{rule ::8/126{iface c}}"),
    Row(
      "second block for an interface", "proxy a{rule ::2{auto}}\nproxy a{rule ::3{auto}}",
      "2:1 warning duplicate-proxy"),
    Row(
      "duplicate rule with a wrong exclusion",
      "proxy a{rule ::8/126{auto}\nrule ::8/126{auto exclude ::c}}",
      "2:1 warning duplicate-rule", "2:27 error exclusion-outside"),
    Row(
      "kernel path with what excludes it",
      "max-advertisements 5\nkernel-path yes\nproxy a{rule ::2{auto}}",
      "2:1 error contradicting-keys"),
    Row(
      "kernel path with what excludes it, where it falls back",
      "kernel-path xdp\nmax-advertisements 5\nproxy a{rule ::2{auto}}",
      "1:1 warning contradicting-keys"),
    Row(
      "kernel path where it is possible with what excludes it",
      "kernel-path auto\nmax-advertisements 5\nproxy a{rule ::2{auto}}"),
    Row("rule outside a proxy", "rule ::2 {auto}", "1:1 error misplaced-key"),
    Row(
      "option outside a proxy", "ttl 5\nproxy a{rule ::2{auto}}", "1:1 warning misplaced-key"),
    Row(
      "option of ndppd 1.0", "use-kernel no\nproxy a{rule ::2{auto}}",
      "1:1 warning unsupported-key"),
    Row(
      "ttl stands for deadtime too", "proxy a{ttl 9 rule ::2{auto}}",
      "1:9 note differs-from-ndppd"),
    Row("ttl and deadtime", "proxy a{ttl 9 deadtime 9 rule ::2{auto}}"),
    Row("ttl where nobody is asked", "proxy a{ttl 9 rule ::2{static}}"),
    Row(
      "timeout without retries", "proxy a{rule ::2{iface b} timeout 500}",
      "1:27 note differs-from-ndppd"),
    Row("timeout and retries", "proxy a{timeout 9 retries 0 rule ::2{auto}}"),
    Row(
      "a difference is told once",
      "proxy a{ttl 9 rule ::2{auto}} proxy b{ttl 9 timeout 9 rule ::2{auto}}",
      "1:9 note differs-from-ndppd", "1:45 note differs-from-ndppd"),
    Row(
      "autowire by a pattern", "proxy a{autowire yes rule ::8:0/112{iface b*}}",
      "1:22 note trust-domain"),
    Row(
      "autowire by two interfaces",
      "proxy a{autowire yes rule ::8:0/112{iface b} rule ::8:0/112{iface c}}",
      "1:46 note trust-domain"),
    Row(
      "autowire by two interfaces with a prefix each",
      "proxy a{autowire yes rule ::8:0/112{iface b} rule ::9:0/112{iface c}}"),
    Row(
      "two interfaces without autowire",
      "proxy a{rule ::8:0/112{iface b} rule ::8:0/112{iface c}}"),
    Row("route-ttl", "route-ttl 5 proxy a{rule ::2{auto}}", "1:1 note not-needed"),
    Row(
      "route-ttl twice", "route-ttl 5 route-ttl 6 proxy a{rule ::2{auto}}",
      "1:1 note not-needed", "1:13 warning duplicate-key", "1:13 note not-needed"),
  ]

  @Test(arguments: files)
  func `trap of a whole file`(row: Row) {
    expect(parse(row.text), toSay: row.expected)
  }

  @Test func `a file in UTF-16 is refused as such`() {
    let octets: [UInt8] = [0xff, 0xfe, 0x70, 0x00, 0x72, 0x00]
    let result = ConfigurationParser.parse(octets, fileName: "f")
    expect(result, toSay: ["1:1 error utf-16"])
  }

  @Test func `every kind of trouble has a row`() {
    let rows = Self.inRule + Self.ruleHeads + Self.options + Self.files
    let tested = Set(rows.flatMap(\.expected).compactMap { $0.split(separator: " ").last })
    // The first four are limits, which LimitTests reach; UTF-16 has a test of its own above.
    let elsewhere = [
      "file-too-large", "too-many-entries", "more-diagnostics", "nesting-too-deep", "utf-16",
      // IncludeTests.
      "nothing-included", "included-twice", "included-too-deep", "too-many-files",
      // ConditionTests.
      "invalid-condition", "duplicate-condition", "too-many-conditions", "different-conditions",
      "invalid-program", "invalid-path",
      // HostCheckTests.
      "missing-interface", "interface-down", "enslaved-interface", "no-neighbour-discovery",
      "missing-address", "same-interface",
      // LinkCheckTests.
      "covers-link", "covers-router", "covers-neighbor", "autowires-link",
    ]
    let all = Set(Diagnostic.Code.allCases.map { Substring($0.rawValue) })
    #expect(tested.union(elsewhere.map { $0[...] }) == all)
  }

  /// Exactly these findings in this order, and no configuration if and only if one is an error.
  private func expect(_ result: ParseResult, toSay expected: [String]) {
    #expect(findings(result) == expected)
    #expect((result.configuration == nil) == expected.contains { $0.contains(" error ") })
  }
}
