/// The place where the daemon and its clients meet, and the bounds within which they speak.
///
/// A Unix stream socket. Each request and each reply is one line of JSON; replies come in the
/// order of the requests. Whoever may connect may look; what changes something is for root and for
/// the user that the daemon is.
package enum ControlSocket {
  /// Where the socket is unless somebody says otherwise.
  package static let defaultPath = "/run/ndpproxy/control"

  /// The environment variable that says otherwise, for both ends; `off` is for no socket.
  package static let environmentVariable = "NDPPROXY_SOCKET"

  /// The value that stands for no socket.
  package static let off = "off"

  /// The group whose members may connect.
  package static let group = "ndpproxy"

  /// What both ends speak; another number is refused.
  ///
  /// It grows when a field changes its meaning or goes; fields may be added at any time.
  package static let version = 1
}

extension ControlSocket {
  /// How many clients are served at once; for one more, another has to go.
  package static let clientLimit = 16

  /// How many clients are let in within `admissionWindow`; the others wait at the door.
  package static let admissionLimit = 10

  /// How long those wait who come when there were as many.
  package static let admissionWindow = Duration.milliseconds(100)

  /// How long a request may be, in octets; a longer one is an error, and the connection ends.
  package static let requestLimit = 4096

  /// How much of what a client has yet to read is kept, in octets, besides one reply.
  ///
  /// Nobody's next request is looked at before it has read what came before, and of what a monitor
  /// does not read in time it is told how much it missed.
  package static let backlogLimit = 256 << 10

  /// How long one reply may be, in octets; what would be longer is an error.
  package static let replyLimit = 1 << 20

  /// How many sessions, rules, interfaces or pieces of a configuration one reply has at most; the
  /// next request goes on from there.
  package static let pageLength = 64

  /// How much longer than a request took all clients wait before the next is looked at.
  ///
  /// So they have a tenth of the daemon's time at most, however many there are.
  package static let restFactor = 9

  /// The longest time that they wait for that; a reload takes long, and comes seldom.
  package static let longestRest = Duration.milliseconds(100)

  /// How long after a solicitation or advertisement they wait at all.
  package static let busyTime = Duration.milliseconds(100)

  /// How many messages a second monitors are told of, each its share; of others, how many they
  /// were.
  package static let watchedPerSecond = 2000
}
