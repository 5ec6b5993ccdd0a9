"""manifest.json and what is printed from it."""
