"""What the product must reach, measured against the running server: `make bench`, `make bench ONLY=single_import`.

Each benchmark is a module named after it, with a function `run(bench)` that gives figures; `__main__` runs them.
"""
