"""The admin's site: who gets in, and which tenant the pages are of."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from ordinavo_connect.clients.active_tenant import SESSION_KEY, may_enter, place_of
from ordinavo_connect.clients.admin_base import person
from ordinavo_connect.clients.models import Tenant, User

# Pages of other apps that say nothing here: groups carry no permission, log-ins stand in the log.
NOISE = {
    "auth.group",
    "axes.accessattempt",
    "axes.accesslog",
    "axes.accessfailurelog",
    "axes.accessattemptexpiration",
}


LONGEST_NAME = 150


class StaffLogin(AuthenticationForm):
    """Lets in who has a role with pages in the admin."""

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if len(username) > LONGEST_NAME:
            # Nobody has it, and the record of failed log-ins has no room for it.
            raise self.get_invalid_login_error()
        return username

    def confirm_login_allowed(self, user: Any) -> None:
        if not is_staff(user):
            raise self.get_invalid_login_error()


class ConnectAdminSite(UnfoldAdminSite):
    """Access follows the role in the active tenant."""

    site_title = site_header = "Ordinavo Connect"
    index_title = gettext_lazy("Home")
    login_form = StaffLogin

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        models: list[Any] = [model_or_iterable]
        if not isinstance(model_or_iterable, type):
            models = list(model_or_iterable)
        wanted = [model for model in models if model._meta.label_lower not in NOISE]
        super().register(wanted, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return is_staff(request.user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(_with_storable_text(view), cacheable)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The theme's search of the menu; a page that is none is not found."""
        try:
            return super().search(request, extra_context)
        except InvalidPage as error:
            raise Http404(str(error)) from error

    def extra_urls(self) -> list[URLPattern]:
        return [path("tenant/", self.admin_view(require_POST(self.switch_tenant)), name="switch_tenant")]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # "View on site" looks up rows of any tenant by their id; no model here has such an address.
        return [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]

    def switch_tenant(self, request: HttpRequest) -> HttpResponse:
        """Work for another tenant from here on. A foreign one answers as one that is not there."""
        number = request.POST.get("tenant", "")
        tenant = Tenant.objects.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
        if tenant is None or not may_enter(person(request), tenant):
            raise PermissionDenied(_("You do not work for this tenant."))
        request.session[SESSION_KEY] = tenant.pk
        return redirect(f"{self.name}:index")


def _with_storable_text(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, which refuses NUL in what is asked or sent.

    PostgreSQL stores no NUL and fails on it even in a filter. Forms refuse it by themselves; filters, searches and
    the fields that views read for themselves are too many to look after each.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if any(_has_nul(given) for given in (request.GET, request.POST)):
            raise BadRequest("NUL is not allowed in text.")
        return view(request, *args, **kwargs)

    return checked


def _has_nul(given: QueryDict) -> bool:
    return any("\x00" in text for name, values in given.lists() for text in (name, *values))


def is_staff(user: Any) -> bool:
    """Whether somebody has a role with pages in the admin."""
    if not user.is_authenticated or not user.is_active or not isinstance(user, User):
        return False
    return user.is_superuser or place_of(user).role is not None
