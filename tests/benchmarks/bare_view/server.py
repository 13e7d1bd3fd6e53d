"""What the web server loads in the place of the product's application."""

from ordinavo_connect.running.lifelines import die_with_parent

die_with_parent()

from ordinavo_connect.asgi import application  # noqa: E402 (a worker that is still loading must end, too)

__all__ = ["application"]
