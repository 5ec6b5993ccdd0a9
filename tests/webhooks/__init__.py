"""The ear, held against hostile bytes, Shopify's quirks, real HTTP and crashes."""
