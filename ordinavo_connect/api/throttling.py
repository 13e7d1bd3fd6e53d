"""The rate limit of a client, counted in the database so that it holds across all server processes.

Source: API contract, Errors, Rate limits.
"""

from dataclasses import dataclass

from django.db import connection

from ordinavo_connect.api.errors import ApiError

WINDOW_SECONDS = 60

# A window begins with its first request. The database's clock decides: it is one clock for all processes.
# `clock_timestamp()` would let a request that waited for the row count in a later window than it came in.
_COUNT = """
    INSERT INTO rate_window AS w (client_id, window_start, count) VALUES (%(client)s, now(), 1)
    ON CONFLICT (client_id) DO UPDATE SET
        count = CASE WHEN w.window_start > now() - %(window)s::interval THEN w.count + 1 ELSE 1 END,
        window_start = CASE WHEN w.window_start > now() - %(window)s::interval
                            THEN w.window_start ELSE now() END
    RETURNING count, ceil(extract(epoch FROM window_start + %(window)s::interval))::bigint,
              ceil(extract(epoch FROM window_start + %(window)s::interval - now()))::int
"""


@dataclass(frozen=True, slots=True)
class RateState:
    """Where a client stands in its window, this request included.

    `resets_at` is in epoch seconds, `seconds_left` until then at least 1.
    """

    limit: int
    count: int
    resets_at: int
    seconds_left: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.count)

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.resets_at),
        }

    def check(self) -> None:
        """Raises: ApiError: rate_limited."""
        if self.count > self.limit:
            raise ApiError("rate_limited", headers={"Retry-After": str(self.seconds_left)})


def count_request(client_id: int, *, limit: int) -> RateState:
    """Counts one request of a client. Every request counts, a refused one too.

    Must not be called inside a transaction of the request's work: the row would stay locked until its end,
    and the client's requests would queue up behind one another.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"client": client_id, "window": f"{WINDOW_SECONDS} s"})
        count, resets_at, seconds_left = cursor.fetchone()
    return RateState(limit, count, resets_at, max(1, seconds_left))
