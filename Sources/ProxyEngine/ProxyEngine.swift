// The room ProxyEngine.
