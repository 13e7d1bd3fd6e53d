"""What this layer must know of a caller, and no more: the clients app gives `request.auth` this shape."""

from typing import Protocol


class ApiClient(Protocol):
    """The integration client of an API key, as that key may use it."""

    @property
    def id(self) -> int: ...

    @property
    def tenant_id(self) -> int: ...

    @property
    def rate_limit(self) -> int:
        """Requests a minute."""

    def has_scope(self, name: str, /) -> bool:
        """Whether the key has this scope; `name` is the full name or an alias."""

    def allows_ip(self, address: str, /) -> bool:
        """Whether the client may be used from this IP address (text form, v4 or v6)."""
