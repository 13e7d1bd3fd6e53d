"""The pages of the import log, of targets and of reviews in the admin."""
