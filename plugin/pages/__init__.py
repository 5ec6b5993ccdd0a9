"""What people see: the merchant's pages inside the store's admin."""
