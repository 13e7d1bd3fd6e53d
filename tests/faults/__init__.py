"""Faults against real processes: the product as `make up` runs it, with PostgreSQL and its workers.

Every wait polls and is bounded; no test depends on how fast the machine is.
"""
