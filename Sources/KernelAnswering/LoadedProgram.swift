import EventLoop
import KernelPath
import LinuxNet
import ProxyModel

/// A program that is in the kernel, and its maps.
final class LoadedProgram {
  let maps: AnswerMaps
  let program: BPFProgram
  /// The one for drivers, where it is wanted and this kernel takes it.
  let early: BPFProgram?
  let earlyRejection: BPFProgram.Rejection?
  let hook: ProgramHook
  let source: DescriptorSource
  /// How often targets of each rule were answered for, as far as that has been taken up.
  var taken: [UInt64]

  init(
    _ capacity: AnswerCapacity, inDrivers: Bool,
    whenReady: @escaping (HandedFrames, Instant) -> Void
  ) throws(BPFProgram.Rejection) {
    do throws(SystemError) {
      maps = try AnswerMaps(capacity)
    } catch {
      throw BPFProgram.Rejection(error: error)
    }
    program = try BPFProgram(answeringBy: maps)
    do throws(BPFProgram.Rejection) {
      early = inDrivers ? try BPFProgram(answeringEarlyBy: maps) : nil
      earlyRejection = nil
    } catch {
      (early, earlyRejection) = (nil, error)
    }
    do throws(SystemError) {
      hook = try ProgramHook()
    } catch {
      throw BPFProgram.Rejection(error: error)
    }
    taken = [UInt64](repeating: 0, count: capacity.rules)
    source = DescriptorSource(maps.handed) { [handed = maps.handed] in whenReady(handed, $0) }
  }
}
