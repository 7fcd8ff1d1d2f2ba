#if !hasFeature(Embedded)
  /// A key of an object, where no type has one of its own.
  package struct JSONKey: CodingKey {
    /// The key itself.
    package let stringValue: String
    /// The place in an array; `nil` for a key of an object.
    package let intValue: Int?

    /// A key of an object.
    package init(stringValue: String) {
      self.stringValue = stringValue
      intValue = nil
    }

    /// A place in an array.
    package init(intValue: Int) {
      stringValue = "\(intValue)"
      self.intValue = intValue
    }
  }
#endif
