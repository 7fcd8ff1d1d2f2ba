package import LinuxNet

/// A table that programs in the kernel and this process share (bpf(2)).
///
/// It lives as long as somebody has a descriptor of it, or a program uses it.
package final class BPFMap<Key: BitwiseCopyable, Value: BitwiseCopyable> {
  /// Its descriptor, for programs.
  let descriptor: CInt
  private let owned: Descriptor
  fileprivate let name: String

  /// The kinds of maps that are used here (`enum bpf_map_type`).
  package enum Kind: UInt32, Sendable {
    case hash = 1
    case array = 2
    /// An array of which every processor has its own.
    case arrayPerProcessor = 6
    /// The longest prefix counts; keys begin with their length in bits.
    case longestPrefix = 11
  }

  /// `BPF_F_NO_PREALLOC`.
  private static var withoutPreallocation: UInt32 { 1 }

  /// Makes an empty map; throws `EPERM` without CAP_BPF.
  package init(_ kind: Kind, named name: String, capacity: Int) throws(SystemError) {
    var attributes = MapCreation(
      type: kind.rawValue, keySize: UInt32(MemoryLayout<Key>.size),
      valueSize: UInt32(MemoryLayout<Value>.size), capacity: UInt32(capacity),
      // Neither takes room for what is not there.
      flags: kind == .longestPrefix || kind == .hash ? Self.withoutPreallocation : 0)
    let number = try bpf(.createMap, &attributes, "create the map \(name)")
    owned = Descriptor(owning: number)
    descriptor = number
    self.name = name
  }

  /// Puts a value in place of any other; throws `E2BIG` or `ENOSPC` where there is no room.
  package func set(_ key: Key, to value: Value) throws(SystemError) {
    var (key, value) = (key, value)
    var attributes = MapElement(map: UInt32(descriptor))
    try unsafe withUnsafeMutablePointer(to: &key) { (key) throws(SystemError) in
      try unsafe withUnsafeMutablePointer(to: &value) { (value) throws(SystemError) in
        attributes.key = unsafe bpfPointer(key)
        attributes.value = unsafe bpfPointer(value)
        try bpf(.updateElement, &attributes, "set an entry of the map \(name)")
      }
    }
  }

  /// Takes an entry out, if there is one.
  package func remove(_ key: Key) throws(SystemError) {
    var key = key
    var attributes = MapElement(map: UInt32(descriptor))
    do {
      try unsafe withUnsafeMutablePointer(to: &key) { (key) throws(SystemError) in
        attributes.key = unsafe bpfPointer(key)
        try bpf(.deleteElement, &attributes, "remove an entry of the map \(name)")
      }
    } catch {
      guard error.code == .noSuchFileOrDirectory else { throw error }
    }
  }

  /// The value of a key; `nil` where there is none.
  package func value(_ key: Key) throws(SystemError) -> Value? {
    try values(key, count: 1)?.first
  }

  /// Takes an entry out of a map of kind `hash`, and returns its last value; `nil` where there is
  /// none (Linux 5.14).
  package func take(_ key: Key) throws(SystemError) -> Value? {
    try values(key, count: 1, by: .takeElement)?.first
  }

  /// The values of a key, one for each processor that there may be.
  package func values(_ key: Key, count: Int) throws(SystemError) -> [Value]? {
    try values(key, count: count, by: .lookUpElement)
  }

  private func values(
    _ key: Key, count: Int, by command: BPFCommand
  ) throws(SystemError) -> [Value]? {
    precondition(count == 1 || MemoryLayout<Value>.stride % 8 == 0)
    var key = key
    var attributes = MapElement(map: UInt32(descriptor))
    let size = MemoryLayout<Value>.stride
    var octets = [UInt8](repeating: 0, count: size * count)
    do {
      try unsafe withUnsafeMutablePointer(to: &key) { (key) throws(SystemError) in
        attributes.key = unsafe bpfPointer(key)
        // The closure of an array may throw anything.
        var failure: SystemError?
        unsafe octets.withUnsafeMutableBytes { buffer in
          guard let base = buffer.baseAddress else { return }
          attributes.value = unsafe bpfPointer(base)
          do throws(SystemError) {
            try bpf(command, &attributes, "look up an entry of the map \(name)")
          } catch {
            failure = error
          }
        }
        if let failure { throw failure }
      }
    } catch {
      if error.code == .noSuchFileOrDirectory { return nil }
      throw error
    }
    return unsafe octets.withUnsafeBytes { buffer in
      (0..<count).map { unsafe buffer.loadUnaligned(fromByteOffset: $0 * size, as: Value.self) }
    }
  }
}

extension BPFMap where Value == UInt32 {
  /// Has a key in the map, of which the value means nothing, or not.
  func set(_ key: Key, isThere: Bool) throws(SystemError) {
    if isThere { try set(key, to: 1) } else { try remove(key) }
  }
}

extension BPFMap<UInt32, UInt64> {
  /// As many are read with one call.
  private static var batchSize: Int { 4096 }

  /// The values of the first keys of a map of kind `arrayPerProcessor`, each added up over the
  /// processors (Linux 5.13).
  package func sums(count: Int, processors: Int) throws(SystemError) -> [UInt64] {
    var sums: [UInt64] = []
    sums.reserveCapacity(count)
    var keys = [UInt32](repeating: 0, count: Self.batchSize)
    var values = [UInt64](repeating: 0, count: Self.batchSize * processors)
    var place: UInt32 = 0
    while sums.count < count {
      var attributes = MapBatch(map: UInt32(descriptor))
      attributes.count = UInt32(Self.batchSize)
      let isFirst = sums.isEmpty
      var failure: SystemError?
      unsafe keys.withUnsafeMutableBytes { keys in
        unsafe values.withUnsafeMutableBytes { values in
          unsafe withUnsafeMutablePointer(to: &place) { place in
            guard let keys = keys.baseAddress, let values = values.baseAddress else { return }
            attributes.from = unsafe isFirst ? 0 : bpfPointer(place)
            attributes.next = unsafe bpfPointer(place)
            attributes.keys = unsafe bpfPointer(keys)
            attributes.values = unsafe bpfPointer(values)
            do throws(SystemError) {
              try bpf(.lookUpBatch, &attributes, "read the map \(name)")
            } catch {
              failure = error
            }
          }
        }
      }
      // That there are no more keys behind these is no failure.
      if let failure, failure.code != .noSuchFileOrDirectory { throw failure }
      for number in 0..<Int(attributes.count) {
        sums.append(values[number * processors..<(number + 1) * processors].reduce(0, &+))
      }
      if failure != nil || attributes.count == 0 { break }
    }
    return sums
  }
}
