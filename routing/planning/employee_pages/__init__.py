"""The admin's pages of employees."""
