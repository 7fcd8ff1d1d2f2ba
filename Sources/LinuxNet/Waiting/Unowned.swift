/// A reference that keeps no cycle: for what an object hands to others to be called by.
///
/// The object is there whenever it is used. Embedded Swift has no such references, so that there
/// the object is kept; those that are referred to in this way live as long as the daemon.
package struct Unowned<Object: AnyObject> {
  #if hasFeature(Embedded)
    /// The object.
    package let object: Object
  #else
    /// The object; traps where it is gone.
    package unowned let object: Object
  #endif

  package init(_ object: Object) { self.object = object }
}
