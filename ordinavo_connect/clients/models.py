"""Who takes part: tenants, their staff, and the systems that talk to the API."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ordinavo_connect.clients.scopes import SCOPES
from ordinavo_connect.clients.tenancy import TenantLink

SANDBOX_SUFFIX = "-sandbox"
SLUG = RegexValidator(
    r"\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z", _("Lower-case letters, digits and hyphens.")
)
SOURCE_SYSTEM = RegexValidator(
    r"\A[A-Za-z0-9._-]{1,64}\Z", _("1 to 64 of A-Z, a-z, 0-9, dot, underscore, hyphen.")
)


class User(AbstractUser):
    """A person who logs in. What the person may do stands in the memberships."""


class Tenant(models.Model):
    """A company that works with Ordinavo Connect, or the sandbox of one. Every other row belongs to one."""

    slug = models.CharField(max_length=72, unique=True, validators=[SLUG])
    name = models.CharField(max_length=200)
    sandbox_of = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="sandbox", editable=False
    )
    time_zone = models.CharField(max_length=64, default="Europe/Berlin")
    default_work_minutes = models.PositiveSmallIntegerField(
        default=60, validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    # ISO 4217, of everything that is billed.
    currency = models.CharField(
        max_length=3, default="EUR", validators=[RegexValidator(r"\A[A-Z]{3}\Z", _("Three letters: EUR."))]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="tenant_default_work_minutes", condition=Q(default_work_minutes__range=(1, 1440))
            ),
            # The name of a sandbox is derived, so no live tenant may take one.
            models.CheckConstraint(
                name="tenant_sandbox_suffix",
                condition=Q(sandbox_of__isnull=False, slug__endswith=SANDBOX_SUFFIX)
                | (Q(sandbox_of__isnull=True) & ~Q(slug__endswith=SANDBOX_SUFFIX)),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_sandbox(self) -> bool:
        return self.sandbox_of_id is not None

    @property
    def environment(self) -> str:
        return "test" if self.is_sandbox else "live"


class Role(models.TextChoices):
    """What a member of a tenant may do (API contract, Roles of staff)."""

    OWNER = "owner", _("Owner")
    INTEGRATION_ADMIN = "integration_admin", _("Integration admin")
    MAPPING_REVIEWER = "mapping_reviewer", _("Mapping reviewer")
    DISPATCHER = "dispatcher", _("Dispatcher")
    VIEWER = "viewer", _("Viewer")
    EMPLOYEE = "employee", _("Employee")


class Membership(models.Model):
    """A person works for a tenant, in a role. It counts for the tenant's sandbox too."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=32, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "tenant"],
                name="membership_once_a_tenant",
                violation_error_message=_("This person is a member already."),
            ),
            models.CheckConstraint(name="membership_role_known", condition=Q(role__in=Role.values)),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class Strategy(models.TextChoices):
    """How a client's context is mapped (API contract, Customer mapping)."""

    EXTERNAL_ID_ONLY = "ExternalIdOnly", _("External IDs only")
    EXTERNAL_ID_FIRST = "ExternalIdFirst", _("External IDs first")
    EXTERNAL_ID_THEN_CUSTOMER_NUMBER = "ExternalIdThenCustomerNumber", _("External IDs, then customer number")
    EXTERNAL_ID_THEN_NAME_AND_ADDRESS = (
        "ExternalIdThenNameAndAddress",
        _("External IDs, then name and address"),
    )
    MANUAL_ONLY = "ManualOnly", _("Only by hand")


class UpdatePolicy(models.TextChoices):
    """What an import may change on a record that an external ID known before led to."""

    NEVER = "never", _("Never change records")
    FILL_BLANKS = "fillBlanks", _("Fill blanks")
    OVERWRITE = "overwrite", _("Overwrite")


LINK_THRESHOLD = 0.8
REVIEW_THRESHOLD = 0.5
MARGIN = 0.05
_SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class IntegrationClient(models.Model):
    """A system that hands over jobs: a source system of a tenant, with rules of mapping and limits."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="clients")
    name = models.CharField(max_length=200)
    source_system = models.CharField(max_length=64, validators=[SOURCE_SYSTEM])
    is_active = models.BooleanField(_("active"), default=True)
    scopes = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    strategy = models.CharField(max_length=32, choices=Strategy.choices, default=Strategy.EXTERNAL_ID_FIRST)
    auto_create_customers = models.BooleanField(default=False)
    auto_create_locations = models.BooleanField(default=False)
    auto_create_contacts = models.BooleanField(default=False)
    update_policy = models.CharField(
        max_length=16, choices=UpdatePolicy.choices, default=UpdatePolicy.FILL_BLANKS
    )
    refuse_unmapped = models.BooleanField(_("refuse unmapped targets"), default=False)
    review_unknown = models.BooleanField(_("review what was not found"), default=True)
    # For names that are compared: from which score a candidate is linked and from which it is put to staff, and by how
    # much it must beat the next. The defaults were measured: see docs/mapping.md.
    link_threshold = models.FloatField(default=LINK_THRESHOLD, validators=_SHARE)
    review_threshold = models.FloatField(default=REVIEW_THRESHOLD, validators=_SHARE)
    margin = models.FloatField(default=MARGIN, validators=_SHARE)
    # CIDRs, v4 and v6; empty: from everywhere.
    allowed_ips = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    rate_limit = models.PositiveIntegerField(
        _("requests a minute"), default=600, validators=[MinValueValidator(1), MaxValueValidator(1_000_000)]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("Integration Client")
        verbose_name_plural = _("Integration Clients")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="integration_client_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "name"],
                name="integration_client_name_once",
                violation_error_message=_("There is an Integration Client of this name already."),
            ),
            models.CheckConstraint(
                name="integration_client_strategy", condition=Q(strategy__in=Strategy.values)
            ),
            models.CheckConstraint(
                name="integration_client_update_policy", condition=Q(update_policy__in=UpdatePolicy.values)
            ),
            models.CheckConstraint(
                name="integration_client_thresholds",
                condition=Q(
                    review_threshold__gte=0,
                    link_threshold__gte=models.F("review_threshold"),
                    link_threshold__lte=1,
                )
                & Q(margin__range=(0, 1)),
                violation_error_message=_("The threshold for linking must not be under the one for review."),
            ),
            models.CheckConstraint(name="integration_client_rate_limit", condition=Q(rate_limit__gte=1)),
            models.CheckConstraint(
                name="integration_client_scopes", condition=Q(scopes__contained_by=list(SCOPES))
            ),
            models.CheckConstraint(
                name="integration_client_source_system",
                condition=Q(source_system__regex=r"^[A-Za-z0-9._-]{1,64}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """What a system shows to be let in as an Integration Client. Only a hash of its secret is kept."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(
        IntegrationClient, on_delete=models.CASCADE, related_name="api_keys", db_constraint=False
    )
    name = models.CharField(max_length=200)
    public_id = models.CharField(max_length=12, unique=True, editable=False)
    secret_hash = models.BinaryField(max_length=32, editable=False)  # SHA-256
    # None: all of the client's.
    scopes = ArrayField(models.CharField(max_length=64), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    replaced_by = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaces",
        editable=False,
        db_constraint=False,
    )
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_from = models.GenericIPAddressField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="api_key_tenant_id"),
            TenantLink(field="client", to="clients.IntegrationClient", name="api_key_client_of_tenant"),
            TenantLink(field="replaced_by", to="clients.ApiKey", name="api_key_replaced_by"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.public_id[:4]}…)"
