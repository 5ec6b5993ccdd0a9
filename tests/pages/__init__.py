"""The merchant's pages, asked through Flask's own client."""
