"""The JSON API against its document."""
