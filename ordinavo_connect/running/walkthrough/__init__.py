"""`make demo`: the whole workflow, played against the running product through its own doors."""
