"""Shopify's Admin GraphQL API and its proofs of identity."""
