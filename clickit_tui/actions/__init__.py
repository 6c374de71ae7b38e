"""What can be changed: one file an action, each a pure function from the World and a target to a Plan."""
