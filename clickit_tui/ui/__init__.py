"""Byte-frugal widgets and dialogs that know nothing of AWS."""
