"""A view with the product's authentication, rate limit and JSON, that inserts one row and checks nothing."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from imports.models import Target
from ordinavo_connect.api.views import ApiView
from ordinavo_connect.clients.scopes import TARGETS_WRITE


class BareView(ApiView):
    scopes = {"POST": TARGETS_WRITE}

    def post(self, request: Request) -> Response:
        now = timezone.now()
        target = Target.objects.create(
            tenant_id=request.auth.tenant_id,
            client_id=request.auth.id,
            source_system=request.auth.source_system,
            external_id=request.data["externalId"],
            title=request.data["title"],
            description=request.data["description"],
            custom_fields=request.data["customFields"],
            created_at=now,
            updated_at=now,
        )
        return Response({"id": target.pk}, status=202)
