// The room ProxyConfig.
