"""Sub-commands without a screen, on the same core."""
