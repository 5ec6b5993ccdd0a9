"""The stores' APIs behind one protocol. Knows nothing of signals or rewards."""
