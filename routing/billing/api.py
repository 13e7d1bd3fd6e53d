"""The endpoints of billing: the ERP reads what is to be billed, and says what it made of it."""

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from ordinavo_connect.api.answered_once import Answer, answered_once
from ordinavo_connect.api.errors import ApiError
from ordinavo_connect.api.field_errors import parsed
from ordinavo_connect.api.paging import listed, page
from ordinavo_connect.api.query import QueryParameters
from ordinavo_connect.clients.caller_view import CallerView
from ordinavo_connect.clients.scopes import BILLING_MANAGE, BILLING_READ
from routing.billing import contract, documentation, presentation
from routing.billing.acknowledgement import acknowledge
from routing.billing.models import BillingEvent, BillingStatus
from routing.planning.refusals import Refused


class BillingView(CallerView):
    """The billing events that a caller may see: those of its own source system's targets."""

    @property
    def own(self) -> QuerySet[BillingEvent]:
        return BillingEvent.objects.filter(
            tenant_id=self.caller.tenant_id, source_system=self.caller.source_system
        ).select_related("report")

    def event(self, event_id: int) -> BillingEvent:
        row = self.own.filter(pk=event_id).first()
        if row is None:
            raise ApiError("not_found")
        return row

    def shown(self, event: BillingEvent) -> dict[str, object]:
        return presentation.billing_events([event], source_system=self.caller.source_system)[0]


class BillingEventsView(BillingView):
    """Billing events, newest first."""

    scopes = {"GET": BILLING_READ}
    documentation = {"GET": documentation.LIST_BILLING_EVENTS}

    def get(self, request: Request) -> Response:
        params = QueryParameters(request)
        rows = self.own
        if (status := params.choice("status", BillingStatus.values)) is not None:
            rows = rows.filter(status=status)
        if (after := params.moment("createdAfter")) is not None:
            rows = rows.filter(created_at__gt=after)
        events, cursor = page(rows, params, order=("-id",))
        shown = presentation.billing_events(events, source_system=self.caller.source_system)
        return Response(listed(shown, cursor))


class BillingEventView(BillingView):
    """One billing event."""

    scopes = {"GET": BILLING_READ}
    documentation = {"GET": documentation.GET_BILLING_EVENT}

    def get(self, request: Request, billing_event_id: int) -> Response:
        return Response(self.shown(self.event(billing_event_id)))


class AcknowledgementView(BillingView):
    """What the ERP made of a billing event."""

    scopes = {"POST": BILLING_MANAGE}
    documentation = {"POST": documentation.ACKNOWLEDGE_BILLING_EVENT}

    def post(self, request: Request, billing_event_id: int) -> Response:
        asked = parsed(contract.AckIn, request.data)
        event = self.event(billing_event_id)

        def work() -> Answer:
            acknowledged = acknowledge(
                event,
                document_number=asked.document_number or "",
                error=asked.error or "",
                client=self.caller.client,
                now=timezone.now(),
            )
            return Answer(self.shown(acknowledged), status=200)

        try:
            return answered_once(request, work, client_id=self.caller.id)
        except Refused as refused:
            raise ApiError(refused.code, refused.message) from None
