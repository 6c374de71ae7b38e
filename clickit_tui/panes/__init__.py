"""One file per pane."""
