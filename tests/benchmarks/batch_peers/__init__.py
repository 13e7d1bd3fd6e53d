"""Other ways to bring the rows of `batch_import` into the same tables."""
