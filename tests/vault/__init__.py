"""Sealing, signing, deriving, and the key file."""
