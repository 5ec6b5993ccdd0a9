"""The sandbox's Magento, held to what a real one answered and to Adobe's description of the API."""
