"""Shopify's dialect: what its deliveries are signed with, what they look like, what they mean."""
