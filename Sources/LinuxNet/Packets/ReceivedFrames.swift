/// Memory for the frames that one call receives.
///
/// Sockets may share it, as long as none receives while another hands over its frames: each has
/// kernel buffers of its own, and here is only what is being looked at.
package final class ReceivedFrames {
  /// A message with its one option takes 86 octets; this is two cache lines.
  private static let usualLength = 128

  /// No Neighbor Discovery message has near so much more, not on links with jumbo frames either.
  private static let restLength = 2048

  /// The longest frame that fits, in octets; of longer ones, as much.
  static let frameCapacity = usualLength + restLength

  let batch = FrameBatch(headLength: usualLength, restLength: restLength, hasInterfaces: true)

  /// Makes some 160 KiB of room, of which the kernel gives what is written to.
  package init() {}
}
