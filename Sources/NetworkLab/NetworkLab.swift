// The room NetworkLab.
