"""Magento's deliveries and answers, read as a real store wrote them."""
