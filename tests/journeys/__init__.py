"""Whole journeys through the product: a sandbox store over real HTTP, the web side, the worker, the pages."""
