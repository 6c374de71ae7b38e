"""Append-only record: intents and their outcomes, stopped tasks and alarm transitions seen, bookmarks."""
