// libpcap can capture from D-Bus, which nobody wants here but a static link would need. These two
// names take the place of the object file in libpcap.a that asks for D-Bus.

/// Says that there is no D-Bus to capture from, and that this is no failure.
@c(dbus_findalldevs)
func noDBusDevices(_ list: UnsafeMutableRawPointer?, _ error: UnsafeMutableRawPointer?) -> CInt {
  0
}

/// Says that no device is a D-Bus.
@c(dbus_create)
func noDBusCapture(
  _ device: UnsafePointer<CChar>?, _ error: UnsafeMutablePointer<CChar>?,
  _ isOurs: UnsafeMutablePointer<CInt>?
) -> UnsafeMutableRawPointer? {
  unsafe isOurs?.pointee = 0
  return nil
}
