// The room ProxyDaemon.
