"""The mind and the hand of Regulars: measures, decides, acts through the stores' APIs, shows."""
