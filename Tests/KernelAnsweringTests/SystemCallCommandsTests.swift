import KernelAnswering
import Testing

/// What the filter of system calls lets a daemon do that answers in the kernel.
struct SystemCallCommandsTests {
  @Test func `no other command of bpf(2) is permitted`() {
    // The numbers of `enum bpf_cmd`: above all, nobody opens a program or a map of somebody else's.
    #expect(KernelAnswers.systemCallCommands == [0, 1, 2, 3, 5, 10, 15, 16, 21, 24, 28, 29, 34])
  }
}
