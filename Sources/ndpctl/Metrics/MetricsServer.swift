import LinuxNet
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// Serves metrics over HTTP, for as long as the process lives.
///
/// The daemon is asked anew for each request, by one thread: where it hangs, requests wait, and the
/// daemon gets no more to do than from one client.
struct MetricsServer {
  let source: MetricsSource

  /// How many connections there are at once; more are closed as they come.
  static let connectionLimit = 32

  /// How many are queued by the kernel.
  private static let backlog: Int32 = 32

  /// Listens, and returns only by throwing `ClientFailure`.
  func run(on address: ListenAddress) throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    let count = NIOLockedValueBox(0)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: Self.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { [source] channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
          try pipeline.addHandler(MetricsHandler(source: source, pool: pool, count: count))
        }
      }
    do {
      let server = try listen(bootstrap, on: address)
      let place = server.localAddress.map(Self.text) ?? "?"
      StandardStream.error.write("ndpctl: serving http://\(place)/metrics\n")
      try server.closeFuture.wait()
    } catch let failure as ClientFailure {
      throw failure
    } catch {
      throw ClientFailure(.failure, "cannot listen: \(error)")
    }
  }

  private func listen(
    _ bootstrap: ServerBootstrap, on address: ListenAddress
  ) throws -> any Channel {
    switch address {
    case .address(let host, let port):
      return try bootstrap.bind(to: SocketAddress(ipAddress: host, port: port)).wait()
    case .systemd:
      guard CurrentProcess.environment("LISTEN_PID") == "\(CurrentProcess.number)",
        CurrentProcess.environment("LISTEN_FDS") == "1"
      else {
        throw ClientFailure(
          .failure, "systemd has passed no socket; '--listen systemd' is for a socket unit")
      }
      return try bootstrap.withBoundSocket(Self.firstPassed).wait()
    }
  }

  /// SD_LISTEN_FDS_START of sd_listen_fds(3).
  private static let firstPassed: CInt = 3

  private static func text(_ address: SocketAddress) -> String {
    let host = address.ipAddress ?? "?"
    return (host.contains(":") ? "[\(host)]" : host) + ":\(address.port ?? 0)"
  }
}

/// One connection.
private final class MetricsHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let source: MetricsSource
  private let pool: NIOThreadPool
  private let count: NIOLockedValueBox<Int>
  private var request: HTTPRequestHead?
  private var deadline: Scheduled<Void>?

  /// How long a request may take to arrive.
  private static let patience = TimeAmount.seconds(10)

  /// How long a connection may be idle between requests; collectors ask every minute or so.
  private static let idleTime = TimeAmount.minutes(5)

  init(source: MetricsSource, pool: NIOThreadPool, count: NIOLockedValueBox<Int>) {
    self.source = source
    self.pool = pool
    self.count = count
  }

  func channelActive(context: ChannelHandlerContext) {
    let number = count.withLockedValue { count in
      count += 1
      return count
    }
    guard number <= MetricsServer.connectionLimit else { return context.close(promise: nil) }
    expect(within: Self.patience, context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    count.withLockedValue { $0 -= 1 }
    deadline?.cancel()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      request = head
      expect(within: Self.patience, context)
    case .body: break
    case .end:
      deadline?.cancel()
      if let request { answer(request, context) }
      request = nil
    }
  }

  /// Ends the connection where the next request does not come in time.
  private func expect(within time: TimeAmount, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }

  private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let channel = context.channel
    expect(within: Self.idleTime, context)
    guard request.method == .GET || request.method == .HEAD else {
      return Response(.methodNotAllowed, "Only GET and HEAD are allowed.\n").send(request, channel)
    }
    switch request.uri.prefix(while: { $0 != "?" }) {
    case "/metrics": break
    case "/": return Response(.ok, "Metrics of ndpproxy are at /metrics.\n").send(request, channel)
    default: return Response(.notFound, "Metrics are at /metrics.\n").send(request, channel)
    }
    let accepted = request.headers[canonicalForm: "accept"].joined(separator: ",").lowercased()
    let format: Exposition.Format =
      accepted.contains("application/openmetrics-text") ? .openMetrics : .prometheus
    let source = source
    pool.runIfActive(eventLoop: context.eventLoop) { Response(source, format) }
      .whenComplete { result in
        let response = (try? result.get()) ?? Response(.internalServerError, "")
        response.send(request, channel)
      }
  }
}

/// What is sent back.
private struct Response: Sendable {
  let status: HTTPResponseStatus
  let type: String
  let text: String

  init(_ status: HTTPResponseStatus, _ text: String, type: String = "text/plain; charset=utf-8") {
    self.status = status
    self.type = type
    self.text = text
  }

  /// Asks the daemon; that it does not run is told as a metric, and all else as an error.
  init(_ source: MetricsSource, _ format: Exposition.Format) {
    do throws(ClientFailure) {
      self.init(.ok, try source.text(format), type: format.contentType)
    } catch  where error.status == .unavailable {
      self.init(.ok, Metrics.absence(format), type: format.contentType)
    } catch {
      self.init(.serviceUnavailable, "\(error)\n")
    }
  }

  func send(_ request: HTTPRequestHead, _ channel: any Channel) {
    var headers = HTTPHeaders()
    headers.add(name: "Content-Type", value: type)
    headers.add(name: "Content-Length", value: "\(text.utf8.count)")
    if status == .methodNotAllowed { headers.add(name: "Allow", value: "GET, HEAD") }
    if !request.isKeepAlive { headers.add(name: "Connection", value: "close") }
    let head = HTTPResponseHead(version: request.version, status: status, headers: headers)
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    if request.method != .HEAD {
      channel.write(
        HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))), promise: nil)
    }
    let isLast = !request.isKeepAlive
    channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in
      if isLast { channel.close(promise: nil) }
    }
  }
}

extension Exposition.Format {
  /// The media type, as Prometheus expects it.
  fileprivate var contentType: String {
    switch self {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }
}
