"""What becomes of work when the broker forgets it or is away. Real brokers, a real worker and a real beat."""
