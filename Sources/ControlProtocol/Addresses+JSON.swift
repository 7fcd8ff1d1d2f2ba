import JSONText
package import NDPWire

// Addresses as everybody writes them: RFC 5952, `address/length`, and six groups of two digits.

extension IPv6Address: JSONWritable {}
extension IPv6Prefix: JSONWritable {}
extension MACAddress: JSONWritable {}
