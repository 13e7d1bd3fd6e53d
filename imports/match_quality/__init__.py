"""How well names are matched: precision and recall against the tenant's own decisions, and what other thresholds do."""
