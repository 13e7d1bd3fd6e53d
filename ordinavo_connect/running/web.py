"""What each web worker loads: the application, in a process that ends with the server's main process.

First things first: a worker that is still loading when everything else is killed must end too.
"""

from ordinavo_connect.running.lifelines import die_with_parent

die_with_parent()

from ordinavo_connect.asgi import application  # noqa: E402 (see above)

__all__ = ["application"]
