import Testing

/// Tests that measure time, or keep the kernel's lock of all interfaces busy: one after the other.
@Suite(.serialized) enum TimedTests {}
