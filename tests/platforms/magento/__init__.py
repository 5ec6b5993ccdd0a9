"""Magento's REST API, as its captures show it."""
