"""Builds gateway, store, poll, tail and journal from a Config, for the app and for headless commands alike."""
