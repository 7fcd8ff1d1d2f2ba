import FrameFuzzing

/// What libFuzzer calls with one script of frames after another; see `scripts/fuzz`.
///
/// A trap is a finding, and so is whatever `FrameTrial` finds broken.
@c(LLVMFuzzerTestOneInput)
public func fuzzFrames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = Array(UnsafeBufferPointer(start: start, count: count))
  if let violation = FrameScript.play(octets) { fatalError("violated: \(violation)") }
  return 0
}
