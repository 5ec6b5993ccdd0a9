"""A Magento store to try Regulars with: its REST API as the captures of a real one show it."""
