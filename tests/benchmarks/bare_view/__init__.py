"""The least that a view of the API can do: the same edge, key, rate limit and log, and one insert."""
