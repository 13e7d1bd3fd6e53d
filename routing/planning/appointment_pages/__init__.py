"""Published appointments in the admin."""
