"""What the product must reach, measured against the running server: `make bench`, `make bench ONLY=single_import`.

Each benchmark is a module named after it, with a function `run(work)` that gives figures; `__main__` runs them.
Every figure is a ratio to something measured in the same run, or stands beside one: machines are noisy.
"""
