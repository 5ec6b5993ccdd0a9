"""Magento, Mage-OS and Adobe Commerce over their REST API."""
