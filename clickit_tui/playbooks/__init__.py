"""One file per incident."""
