"""Child processes that reach into a task: how they are started, what their output means, and what this machine offers for it."""
