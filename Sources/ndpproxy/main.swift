print("ndpproxy")
