"""The base of the endpoints that work for a caller: all but those that are public."""

from typing import cast

from ordinavo_connect.api.views import ApiView
from ordinavo_connect.clients.caller import Caller


class CallerView(ApiView):
    """An endpoint that knows its caller as this app does."""

    @property
    def caller(self) -> Caller:
        return cast(Caller, self.request.auth)
