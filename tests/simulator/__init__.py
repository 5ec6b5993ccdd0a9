"""The product as a whole under a seeded scheduler: real code, real database, everything outside replaced."""
