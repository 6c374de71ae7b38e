"""Incidents on command: timelines of causes with their right answers."""
