"""Readiness, for operators: can this process do its work? Liveness is the edge's: it needs no thread."""

import psycopg
import structlog
from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response

from ordinavo_connect.api.broker import is_broker_available
from ordinavo_connect.api.errors import service_unavailable
from ordinavo_connect.api.views import ApiView

# A database that says nothing for this long is down for those who ask. libpq takes no less for connecting.
CHECK_SECONDS = 2

log = structlog.get_logger(__name__)


class ReadinessView(ApiView):
    """`GET /readyz`: 200 while the database answers, else 503.

    The broker is told of and decides nothing: without it everything is accepted, and done once it is back.
    """

    public = True
    authentication_classes = ()

    def get(self, request: Request) -> Response:
        try:
            check_database()
        except psycopg.Error as error:
            log.warning("database_unavailable", error=type(error).__name__)
            raise service_unavailable("The database does not answer.") from None
        broker = "ok" if is_broker_available() else "unavailable"
        return Response({"status": "ok", "database": "ok", "broker": broker})


def check_database() -> None:
    """Asks the database by a connection of its own: one of the pool may be waiting, and has other limits.

    Raises:
        psycopg.Error: it does not answer in CHECK_SECONDS.
    """
    parameters = connection.get_connection_params()
    parameters |= {"connect_timeout": CHECK_SECONDS, "autocommit": True}
    with psycopg.connect(**parameters) as probe:
        probe.execute(f"SET statement_timeout = '{CHECK_SECONDS}s'")
        probe.execute("SELECT 1")
