"""Faults of senders and receivers, with the product and its sender as `make up` runs them."""
