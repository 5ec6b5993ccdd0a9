"""The repository tests itself: its layers, its habits, its files."""
