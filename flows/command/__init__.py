"""The command `cem`."""
