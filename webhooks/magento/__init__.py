"""Magento's dialect: how its deliveries are proved, what its REST answers look like, what they mean."""
