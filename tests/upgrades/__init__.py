"""Old programs and new schemas, side by side."""
