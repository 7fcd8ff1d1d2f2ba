// Plots as Scalable Vector Graphics 1.1, on a ground of their own, for light and dark pages.

extension Plot {
  /// The whole file; the footnote says where the figures come from.
  func svg(footnote: String) -> String {
    let layout = Layout(panelCount: panels.count)
    var canvas = Canvas(width: layout.width, height: layout.height)
    canvas.text(title, x: layout.margin, y: 28, style: "title")
    drawLegend(on: &canvas, layout)
    for (index, panel) in panels.enumerated() {
      panel.draw(on: &canvas, in: layout.frame(of: index))
    }
    canvas.text(footnote, x: layout.margin, y: layout.height - 12, style: "note")
    return canvas.document
  }

  private func drawLegend(on canvas: inout Canvas, _ layout: Layout) {
    var seen: [String] = []
    var x = layout.margin
    for curve in panels.flatMap(\.curves) where !seen.contains(curve.name) {
      seen.append(curve.name)
      canvas.line([(x, 48), (x + 24, 48)], style: "line \(curve.style.rawValue)")
      if curve.hasMarks { canvas.mark(x: x + 12, y: 48, style: curve.style) }
      canvas.text(curve.name, x: x + 31, y: 52, style: "legend")
      x += 31 + Double(curve.name.count) * 6.7 + 22
    }
  }
}

/// Where things are, in pixels.
private struct Layout {
  let margin = 16.0
  let width = 830.0
  let height = 420.0
  let panelCount: Int

  struct Frame {
    let left, top, right, bottom: Double
    func x(_ fraction: Double) -> Double { left + (right - left) * fraction }
    func y(_ fraction: Double) -> Double { bottom - (bottom - top) * fraction }
  }

  func frame(of index: Int) -> Frame {
    let room = width / Double(panelCount)
    let left = room * Double(index)
    let isOnly = panelCount == 1
    return Frame(
      left: left + 66, top: isOnly ? 76 : 96, right: left + room - (isOnly ? 28 : 20),
      bottom: height - 78)
  }
}

extension Plot.Panel {
  fileprivate func draw(on canvas: inout Canvas, in frame: Layout.Frame) {
    let points = curves.flatMap(\.points)
    let horizontal = horizontal.fitted(to: points.map(\.x))
    let vertical = vertical.fitted(to: points.flatMap { [$0.y, $0.spread?.upperBound ?? $0.y] })
    canvas.text(
      title, x: (frame.left + frame.right) / 2, y: frame.top - 12, style: "panel middle")
    for tick in horizontal.ticks {
      let x = frame.x(horizontal.fraction(of: tick))
      canvas.line([(x, frame.top), (x, frame.bottom)], style: "grid")
      canvas.text(tickText(tick), x: x, y: frame.bottom + 18, style: "tick middle")
    }
    for tick in vertical.ticks {
      let y = frame.y(vertical.fraction(of: tick))
      canvas.line([(frame.left, y), (frame.right, y)], style: "grid")
      canvas.text(tickText(tick), x: frame.left - 8, y: y + 4, style: "tick end")
    }
    canvas.line(
      [(frame.left, frame.top), (frame.left, frame.bottom), (frame.right, frame.bottom)],
      style: "axis")
    canvas.text(
      horizontal.label, x: (frame.left + frame.right) / 2, y: frame.bottom + 38,
      style: "label middle")
    canvas.text(
      vertical.label, x: frame.left - 48, y: (frame.top + frame.bottom) / 2, style: "label middle",
      isUpright: true)
    // Ours last, so that it lies on top.
    for curve in curves.reversed() {
      let places = curve.points.map {
        (frame.x(horizontal.fraction(of: $0.x)), frame.y(vertical.fraction(of: $0.y)))
      }
      for (point, place) in zip(curve.points, places) {
        guard let spread = point.spread, spread.lowerBound < spread.upperBound else { continue }
        let ends = [spread.lowerBound, spread.upperBound].map {
          (place.0, frame.y(vertical.fraction(of: $0)))
        }
        canvas.line(ends, style: "spread \(curve.style.rawValue)")
      }
      canvas.line(places, style: "line \(curve.style.rawValue)")
      guard curve.hasMarks else { continue }
      for place in places { canvas.mark(x: place.0, y: place.1, style: curve.style) }
    }
  }
}

/// An SVG document in the making.
private struct Canvas {
  private let width: Double
  private let height: Double
  private var elements: [String] = []

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func line(_ points: [(Double, Double)], style: String) {
    let places = points.map { "\(number($0.0)),\(number($0.1))" }.joined(separator: " ")
    elements.append("<polyline class=\"\(style)\" points=\"\(places)\"/>")
  }

  mutating func mark(x: Double, y: Double, style: Plot.Style) {
    switch style {
    case .own, .ownSockets:
      elements.append(
        "<circle class=\"mark \(style.rawValue)\" cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"4\"/>"
      )
    case .other:
      elements.append(
        "<rect class=\"mark \(style.rawValue)\" x=\"\(number(x - 3.5))\" "
          + "y=\"\(number(y - 3.5))\" width=\"7\" height=\"7\"/>")
    case .reference, .kernel:
      let places = [(x, y - 4.5), (x + 4.5, y), (x, y + 4.5), (x - 4.5, y)]
        .map { "\(number($0.0)),\(number($0.1))" }.joined(separator: " ")
      elements.append("<polygon class=\"mark \(style.rawValue)\" points=\"\(places)\"/>")
    case .ideal: break
    }
  }

  mutating func text(_ text: String, x: Double, y: Double, style: String, isUpright: Bool = false) {
    guard !text.isEmpty else { return }
    let turn = isUpright ? " transform=\"rotate(-90 \(number(x)) \(number(y)))\"" : ""
    let escaped = text.map { character -> String in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      default: String(character)
      }
    }.joined()
    elements.append(
      "<text class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\"\(turn)>\(escaped)</text>")
  }

  private func number(_ value: Double) -> String { decimal(value, digits: 1) }

  var document: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(number(width))" height="\(number(height))" \
    viewBox="0 0 \(number(width)) \(number(height))">
    <style>\(stylesheet)</style>
    <rect class="ground" width="100%" height="100%" rx="8"/>
    \(elements.joined(separator: "\n"))
    </svg>

    """
  }
}

/// Colours that people with any colour vision can tell apart, with marks of different shapes.
private let stylesheet = """
  text{font-family:-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",Helvetica,Arial,sans-serif;\
  font-size:12px;fill:#1f2328}
  .title{font-size:16px;font-weight:600}.panel{font-weight:600}
  .note{font-size:10px}.tick,.note{fill:#59636e}
  .middle{text-anchor:middle}.end{text-anchor:end}
  .ground{fill:#fff;stroke:#d1d9e0}
  polyline{fill:none}.grid{stroke:#d1d9e0;stroke-width:.6}.axis{stroke:#59636e}
  .line{stroke-width:2;stroke-linejoin:round}.spread{stroke-width:1.2;opacity:.7}
  .own{stroke:#d9480f}.ownSockets{stroke:#f08c00;stroke-dasharray:8 2}
  .other{stroke:#1971c2}.reference{stroke:#6e7781;stroke-dasharray:6 3}
  .kernel{stroke:#2b8a3e}.ideal{stroke:#8c959f;stroke-dasharray:2 4}
  .mark{stroke:none}
  .mark.own{fill:#d9480f}.mark.ownSockets{fill:#f08c00}
  .mark.other{fill:#1971c2}.mark.reference{fill:#6e7781}
  .mark.kernel{fill:#2b8a3e}
  @media (prefers-color-scheme:dark){
  text{fill:#e6edf3}.tick,.note{fill:#9198a1}.ground{fill:#0d1117;stroke:#3d444d}
  .grid{stroke:#3d444d}.axis{stroke:#9198a1}
  .own{stroke:#ff922b}.ownSockets{stroke:#ffe066}
  .other{stroke:#4dabf7}.reference{stroke:#9198a1}.kernel{stroke:#69db7c}
  .mark.own{fill:#ff922b}.mark.ownSockets{fill:#ffe066}
  .mark.other{fill:#4dabf7}.mark.reference{fill:#9198a1}
  .mark.kernel{fill:#69db7c}}
  """
