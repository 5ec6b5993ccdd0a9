"""The merchant's shop as visitors see it, and a page like the store's admin with the app in it."""
