"""The tape: a file of what a session saw, in time and masked, which `clickit-tui replay` plays again."""
