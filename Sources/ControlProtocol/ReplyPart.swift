package import JSONText

// The daemon writes replies, and its clients read them. It is compiled as Embedded Swift, which has
// no `Decodable`.

#if hasFeature(Embedded)
  /// A value in a reply.
  package typealias ReplyPart = JSONWritable
#else
  /// A value in a reply.
  package typealias ReplyPart = Decodable & JSONWritable
#endif
