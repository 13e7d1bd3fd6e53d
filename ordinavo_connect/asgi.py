"""The application that the web server runs: the edge, and Django in threads behind it."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordinavo_connect.settings")
_django = get_wsgi_application()

# Django must be set up before what an installed app brings is imported.
from ordinavo_connect.api.edge import Edge, threaded  # noqa: E402

application = Edge(
    threaded(_django, threads=settings.WEB_THREADS),
    max_body_bytes=settings.MAX_BODY_BYTES,
    body_timeout_seconds=settings.REQUEST_BODY_TIMEOUT_SECONDS,
)
