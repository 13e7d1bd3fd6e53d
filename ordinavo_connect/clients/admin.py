"""Where Django looks for admin pages: each kind has a module of its own."""

from ordinavo_connect.clients import client_pages, staff_pages  # noqa: F401
