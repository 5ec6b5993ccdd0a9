"""Shopify's Admin API, session tokens and token pairs."""
