import Glibc

/// What a plot shows: panels side by side that share a title and a legend.
struct Plot {
  let title: String
  let panels: [Panel]

  /// One pair of axes with its curves.
  struct Panel {
    var title = ""
    let horizontal: Axis
    let vertical: Axis
    let curves: [Curve]
  }

  /// What goes along one side of a panel.
  struct Axis {
    let label: String
    var isLogarithmic = false
    /// Where it begins and ends; what the curves need if `nil`.
    var range: ClosedRange<Double>?
  }

  /// One line with its points.
  struct Curve {
    let name: String
    let style: Style
    let points: [Point]
    /// Whether each point is marked; a line of a thousand needs none.
    var hasMarks = true
  }

  /// A median, with how far the runs went apart.
  struct Point {
    let x: Double
    let y: Double
    var spread: ClosedRange<Double>?
  }

  /// By which a subject is known in all plots.
  enum Style: String {
    case own, ownSockets, other, reference, kernel, ideal
  }
}

extension Responder {
  var style: Plot.Style {
    switch self {
    case .ndpproxy: .own
    case .sockets: .ownSockets
    case .ndppd: .other
    case .reference: .reference
    case .kernel: .kernel
    }
  }
}

extension Report {
  /// The curves of one quantity, one for each responder that has figures of it.
  func curves(_ topic: String, _ quantity: String) -> [Plot.Curve] {
    Responder.allCases.compactMap { responder in
      let points = figures(topic, quantity).filter { $0.subject == responder.title }
        .compactMap { figure in
          figure.position.map {
            Plot.Point(x: $0, y: figure.median, spread: figure.lowest...figure.highest)
          }
        }
      guard !points.isEmpty else { return nil }
      return Plot.Curve(name: responder.title, style: responder.style, points: points)
    }
  }
}

// MARK: - Axes

extension Plot.Axis {
  /// An axis that holds all of these values.
  func fitted(to values: [Double]) -> Plot.Axis {
    guard range == nil else { return self }
    var axis = self
    if isLogarithmic {
      let positive = values.filter { $0 > 0 }
      let low = decadeBelow(positive.min() ?? 1)
      let high = decadeAbove(positive.max() ?? 10)
      axis.range = low...max(high, low * 10)
    } else {
      let high = max(values.max() ?? 1, 1e-9)
      let step = Self.step(for: high)
      axis.range = 0...(high / step).rounded(.up) * step
    }
    return axis
  }

  /// Where a value stands, from 0 at the beginning to 1 at the end.
  func fraction(of value: Double) -> Double {
    guard let range else { return 0 }
    if isLogarithmic {
      let clamped = max(value, range.lowerBound)
      return log10(clamped / range.lowerBound) / log10(range.upperBound / range.lowerBound)
    }
    return (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  /// Where numbers stand beside it.
  var ticks: [Double] {
    guard let range else { return [] }
    var ticks: [Double] = []
    if isLogarithmic {
      var tick = range.lowerBound
      while tick <= range.upperBound * 1.001 {
        ticks.append(tick)
        tick *= 10
      }
    } else {
      let step = Self.step(for: range.upperBound - range.lowerBound)
      var tick = range.lowerBound
      while tick <= range.upperBound * 1.001 {
        ticks.append(tick)
        tick += step
      }
    }
    return ticks
  }

  /// 1, 2 or 5 times a power of ten, so that about five of them make `length`.
  private static func step(for length: Double) -> Double {
    let unit = decadeBelow(length / 5)
    return [1, 2, 5, 10].map { $0 * unit }.first { $0 * 5 >= length * 0.999 } ?? unit
  }
}

private func decadeBelow(_ value: Double) -> Double {
  var decade = 1.0
  while decade > value * 1.0001 { decade /= 10 }
  while decade * 10 <= value * 1.0001 { decade *= 10 }
  return decade
}

private func decadeAbove(_ value: Double) -> Double {
  let below = decadeBelow(value)
  return below >= value * 0.9999 ? below : below * 10
}

/// A tick's number: `200k`, `0.5`.
func tickText(_ value: Double) -> String {
  switch abs(value) {
  case 0: "0"
  case 1e6...: trimmed(value / 1e6) + "M"
  case 1e3...: trimmed(value / 1e3) + "k"
  default: trimmed(value)
  }
}

private func trimmed(_ value: Double) -> String {
  var text = decimal(value, digits: 3)
  while text.hasSuffix("0") { text.removeLast() }
  if text.hasSuffix(".") { text.removeLast() }
  return text
}
