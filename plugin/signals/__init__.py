"""Measures customers. Pure and columnar: arrays in, arrays out; no SQL, HTTP, clock, environment or randomness."""
