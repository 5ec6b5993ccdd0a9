"""Any rules replayed over a store's own past, day by day, seeing on each day only what was known on that day."""
