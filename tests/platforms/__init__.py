"""The stores' APIs, spoken to over real HTTP on loopback."""
