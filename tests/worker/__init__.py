"""The background side, step by step."""
