"""Use cases that no other folder tests as a whole."""
