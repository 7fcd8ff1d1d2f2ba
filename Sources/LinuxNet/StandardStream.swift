import Glibc

/// Output and error of this process, written to at once and without buffering.
package enum StandardStream: CInt, Sendable {
  case output = 1
  case error = 2

  /// Writes the text; what a closed or full stream does not take is lost.
  package func write(_ text: String) {
    var text = text
    text.withUTF8 { octets in
      var start = 0
      while start < octets.count {
        let count = unsafe Glibc.write(rawValue, octets.baseAddress! + start, octets.count - start)
        if count > 0 { start += count } else if errno != EINTR { return }
      }
    }
  }

  /// Makes writing to a stream that nobody reads fail instead of ending this process.
  package static func ignoreBrokenPipes() {
    signal(SIGPIPE, SIG_IGN)
  }
}
