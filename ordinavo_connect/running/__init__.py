"""What `make up` and `make test` need: the environment, embedded PostgreSQL, and the parent of all processes.

Nothing here imports Django, so that settings may ask it where the embedded server is.
"""
