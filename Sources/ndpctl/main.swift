print("ndpctl")
