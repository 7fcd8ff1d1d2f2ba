// The room LinuxNet.
