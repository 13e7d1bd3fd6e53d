"""The registry: who the customers are, where they are, whom to ask for; and what leads to them."""

from collections.abc import Callable
from typing import TypeVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ordinavo_connect.clients.models import SOURCE_SYSTEM, IntegrationClient, Tenant, User
from ordinavo_connect.clients.tenancy import TenantLink

# Computed from other columns, and of no interest to who reads what was changed.
NOT_TRACKED = ("match_keys", "person_key")

M = TypeVar("M", bound=type[models.Model])


def tracked(model: M) -> M:
    """Keep a model's history: every change, whoever made it, with who and why (see customers.history)."""
    # A tracker remembers the first model that it sees, so each model gets its own.
    computed = [field.name for field in model._meta.local_fields if field.name in NOT_TRACKED]
    track: Callable[[M], M] = pghistory.track(
        pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=computed
    )
    return track(model)


class Priority(models.TextChoices):
    """How urgent a target is (API contract, Import)."""

    LOW = "Low", _("Low")
    NORMAL = "Normal", _("Normal")
    HIGH = "High", _("High")
    URGENT = "Urgent", _("Urgent")


@tracked
class Customer(models.Model):
    """A company or person that gets visits. Its number, where it has one, is unique in the tenant."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.CharField(_("customer number"), max_length=200, blank=True, default="")
    name = models.CharField(max_length=200)
    # The name as it is compared: see customers.normalisation.
    name_key = models.CharField(max_length=400, blank=True, default="", editable=False)
    # By what it is found wherever it is: see customers.matching.blocks.
    match_keys = ArrayField(models.IntegerField(), default=list, blank=True, editable=False)
    type = models.CharField(max_length=200, blank=True, default="")
    industry = models.CharField(max_length=200, blank=True, default="")
    email = models.CharField(_("e-mail"), max_length=200, blank=True, default="")
    phone = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="customer_tenant_id"),
            # Serves the look-up by number too.
            models.UniqueConstraint(
                fields=["tenant", "number"], condition=~Q(number=""), name="customer_number_once"
            ),
        ]
        indexes = [
            # The admin's list of a tenant's customers, by name.
            models.Index(fields=["tenant", "name", "id"], name="customer_by_name"),
            # GET /customers, and what changed since.
            models.Index(fields=["tenant", "updated_at", "id"], name="customer_by_update"),
            # Candidates by name. Without a list of what is to be indexed later: every look-up would read it.
            GinIndex(fields=["match_keys"], name="customer_match_keys", fastupdate=False),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})" if self.number else self.name


@tracked
class Location(models.Model):
    """A place of a customer where work is done."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="locations", db_constraint=False, db_index=False
    )
    name = models.CharField(max_length=200, blank=True, default="")
    street = models.CharField(max_length=200, blank=True, default="")
    postal_code = models.CharField(max_length=200, blank=True, default="")
    city = models.CharField(max_length=200, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    # Street, postal code and city as they are compared: see customers.normalisation. Blank without a street.
    address_key = models.CharField(max_length=700, blank=True, default="", editable=False)
    city_key = models.CharField(max_length=250, blank=True, default="", editable=False)
    # By what its customer is found there: see customers.matching.blocks.
    match_keys = ArrayField(models.IntegerField(), default=list, blank=True, editable=False)
    latitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    access_notes = models.TextField(max_length=2000, blank=True, default="")
    default_work_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    default_priority = models.CharField(max_length=8, choices=Priority.choices, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="location_tenant_id"),
            TenantLink(field="customer", to="customers.Customer", name="location_customer_of_tenant"),
            models.CheckConstraint(
                name="location_coordinates_both_or_none",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
            models.CheckConstraint(
                name="location_default_work_minutes",
                condition=Q(default_work_minutes__isnull=True) | Q(default_work_minutes__range=(1, 1440)),
            ),
            models.CheckConstraint(
                name="location_default_priority", condition=Q(default_priority__in=["", *Priority.values])
            ),
        ]
        indexes = [
            # Matching by address within a customer, and a customer's page.
            models.Index(fields=["customer", "address_key"], name="location_by_customer"),
            models.Index(fields=["customer", "city_key"], name="location_by_city"),
            models.Index(fields=["tenant", "name", "id"], name="location_by_name"),
            # GET /locations, and what changed since.
            models.Index(fields=["tenant", "updated_at", "id"], name="location_by_update"),
            # Candidates by name and address.
            GinIndex(fields=["match_keys"], name="location_match_keys", fastupdate=False),
        ]

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.street, f"{self.postal_code} {self.city}".strip()) if part)
        return f"{self.name} · {place}" if self.name and place else self.name or place


@tracked
class Contact(models.Model):
    """A person to ask for at a customer."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="contacts", db_constraint=False, db_index=False
    )
    display_name = models.CharField(_("name"), max_length=200, blank=True, default="")
    # The name as it is compared.
    person_key = models.CharField(max_length=400, blank=True, default="", editable=False)
    role = models.CharField(max_length=200, blank=True, default="")
    email = models.CharField(_("e-mail"), max_length=200, blank=True, default="")
    # The address as it is compared.
    email_key = models.CharField(max_length=200, blank=True, default="", editable=False)
    phone = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="contact_tenant_id"),
            TenantLink(field="customer", to="customers.Customer", name="contact_customer_of_tenant"),
        ]
        indexes = [
            # Matching by e-mail within a customer, and a customer's page.
            models.Index(fields=["customer", "email_key"], name="contact_by_customer"),
            # Matching by name within a customer.
            models.Index(
                fields=["customer", "person_key"], condition=~Q(person_key=""), name="contact_by_person"
            ),
            models.Index(fields=["tenant", "display_name", "id"], name="contact_by_name"),
            # GET /contacts, and what changed since.
            models.Index(fields=["tenant", "updated_at", "id"], name="contact_by_update"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.email


class EntityType(models.TextChoices):
    """What an external ID or a hash may lead to."""

    CUSTOMER = "customer", _("Customer")
    LOCATION = "location", _("Location")
    CONTACT = "contact", _("Contact")


class SearchText(models.Model):
    """The words that a record is found by: its own, and its customer's name.

    Only the database writes it, by triggers of the three tables (migration 0005), so that whatever writes a record
    keeps it right; a row costs less than an index on each column that is searched, and one search needs one index.
    A location that is entered in the very moment in which its customer is renamed keeps the old name until either
    is written again.
    """

    pk = models.CompositePrimaryKey("tenant_id", "entity_type", "record_id")
    # The record's own; a key that is checked a row at a time would be the larger part of what a row costs.
    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    entity_type = models.CharField(max_length=8, choices=EntityType.choices)
    record_id = models.BigIntegerField()
    # In lower case, each word with a blank before it: a short word is looked for at the beginning of words only.
    text = models.TextField()

    class Meta:
        indexes = [
            # Words that few records have (customers.search); trigrams find them inside of words, too. One for each
            # kind: a word that many have is a third as long to go through, beside another that many have.
            GinIndex(
                OpClass(F("text"), name="gin_trgm_ops"),
                condition=Q(entity_type=entity),
                # In kB: what is not yet in its place is read by every search.
                gin_pending_list_limit=1024,
                name=f"search_text_{entity}",
            )
            for entity in ("customer", "location", "contact")
        ]

    def __str__(self) -> str:
        return f"{self.entity_type} {self.record_id}"


class KeyKind(models.TextChoices):
    """How a source system names a record: by an ID of its own, or, where it sends none, by what it says of it."""

    ID = "id", _("External ID")
    HASH = "hash", _("Hash of what was sent")


class Origin(models.TextChoices):
    """How a reference came about."""

    CREATED = "created", _("Created by an import")
    AUTOMATIC = "automatic", _("Linked by rule")
    MANUAL = "manual", _("Decided by staff")
    ENTERED = "entered", _("Entered with the record")


def _is_its_entity() -> Q:
    """Exactly the link that the entity type names is set."""
    return (
        Q(entity_type="customer", customer__isnull=False, location__isnull=True, contact__isnull=True)
        | Q(entity_type="location", customer__isnull=True, location__isnull=False, contact__isnull=True)
        | Q(entity_type="contact", customer__isnull=True, location__isnull=True, contact__isnull=False)
    )


class ReferenceKey(models.Model):
    """How a source system names one record: the key of references, reviews and decisions alike.

    External IDs are scoped by tenant, source system and entity type (API contract, Customer mapping). Where no
    external ID came, a hash of the normalised name and address stands for it.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    source_system = models.CharField(max_length=64, validators=[SOURCE_SYSTEM])
    entity_type = models.CharField(max_length=8, choices=EntityType.choices)
    key_kind = models.CharField(max_length=4, choices=KeyKind.choices, default=KeyKind.ID)
    external_id = models.CharField(_("external ID"), max_length=128)

    class Meta:
        abstract = True


@tracked
class ExternalReference(ReferenceKey):
    """What a source system calls a record of the registry, and how that came to be known."""

    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="references",
        db_constraint=False,
        db_index=False,
    )
    location = models.ForeignKey(
        Location,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="references",
        db_constraint=False,
        db_index=False,
    )
    contact = models.ForeignKey(
        Contact,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="references",
        db_constraint=False,
        db_index=False,
    )
    origin = models.CharField(max_length=12, choices=Origin.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("external reference")
        constraints = [
            # The look-up of every import.
            models.UniqueConstraint(
                fields=["tenant", "source_system", "entity_type", "key_kind", "external_id"],
                name="external_reference_once",
            ),
            models.CheckConstraint(name="external_reference_entity", condition=_is_its_entity()),
            models.CheckConstraint(name="external_reference_origin", condition=Q(origin__in=Origin.values)),
            models.CheckConstraint(
                name="external_reference_not_blank", condition=~Q(external_id="") & ~Q(source_system="")
            ),
            TenantLink(field="customer", to="customers.Customer", name="external_reference_customer"),
            TenantLink(field="location", to="customers.Location", name="external_reference_location"),
            TenantLink(field="contact", to="customers.Contact", name="external_reference_contact"),
        ]
        indexes = [
            # The external IDs of a record, for events, pages and deletion.
            models.Index(
                fields=[entity],
                name=f"external_reference_{entity}_i",
                condition=Q(**{f"{entity}__isnull": False}),
            )
            for entity in ("customer", "location", "contact")
        ]

    def __str__(self) -> str:
        return f"{self.source_system}/{self.external_id}"


class ReviewKind(models.TextChoices):
    """Why a person is asked."""

    CONFLICT = "Conflict", _("Conflict")
    AMBIGUOUS = "Ambiguous", _("Ambiguous")
    MANUAL_REVIEW = "ManualReview", _("Manual review")
    NOT_FOUND = "NotFound", _("Not found")


class ReviewGround(models.TextChoices):
    """Why a question is asked again that staff answered before."""

    RECORD_DELETED = "record_deleted", _("The record that was chosen is gone")
    NAME_CHANGED = "name_changed", _("The name that comes in is another than the one that was decided on")


class ReviewStatus(models.TextChoices):
    """What became of a question. `Superseded`: the registry answered it before staff did."""

    OPEN = "open", _("Open")
    LINKED = "linked", _("Linked")
    CREATED = "created", _("Created")
    DISMISSED = "dismissed", _("Dismissed")
    UNDONE = "undone", _("Undone")
    SUPERSEDED = "superseded", _("Superseded")


class MappingReview(ReferenceKey):
    """A question to staff: which record does this source system mean?

    One is open at most for each reference. A decided one is the memory: what was decided, by whom, when and why.
    """

    client = models.ForeignKey(
        IntegrationClient, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False
    )
    kind = models.CharField(max_length=16, choices=ReviewKind.choices)
    status = models.CharField(max_length=12, choices=ReviewStatus.choices, default=ReviewStatus.OPEN)
    # The warning that opened it: {"code", "entity", "field", "message"}.
    warning = models.JSONField(default=dict)
    # What came in: {"customer": {...}, "location": {...}, "contact": {...}}, as the sender wrote it.
    incoming = models.JSONField(default=dict)
    # Ids of the records it may be, best first.
    candidates = models.JSONField(default=list)
    # Why each scored what it did: see customers.matching.explanation. Empty where nothing was scored.
    explanation = models.JSONField(default=dict)
    ground = models.CharField(max_length=16, choices=ReviewGround.choices, blank=True, default="")
    # The customer that the target was linked to, for a location or a contact: where a new one would belong.
    parent = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False
    )
    opened_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=500, blank=True, default="")
    # What the decision led to: the record of the entity type.
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False
    )
    location = models.ForeignKey(
        Location, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False
    )
    # What the decision replaced, so that undo can put it back: see customers.reviews.
    undo = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("mapping review")
        verbose_name_plural = _("mapping reviews")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="mapping_review_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "source_system", "entity_type", "key_kind", "external_id"],
                condition=Q(status="open"),
                name="mapping_review_open_once",
            ),
            models.CheckConstraint(name="mapping_review_kind", condition=Q(kind__in=ReviewKind.values)),
            models.CheckConstraint(name="mapping_review_status", condition=Q(status__in=ReviewStatus.values)),
            models.CheckConstraint(
                name="mapping_review_ground", condition=Q(ground__in=["", *ReviewGround.values])
            ),
            TenantLink(field="client", to="clients.IntegrationClient", name="mapping_review_client"),
            TenantLink(field="parent", to="customers.Customer", name="mapping_review_parent"),
            TenantLink(field="customer", to="customers.Customer", name="mapping_review_customer"),
            TenantLink(field="location", to="customers.Location", name="mapping_review_location"),
            TenantLink(field="contact", to="customers.Contact", name="mapping_review_contact"),
        ]
        indexes = [
            # The decisions of a reference, for every import and for undo.
            models.Index(
                fields=["tenant", "source_system", "entity_type", "key_kind", "external_id"],
                name="mapping_review_by_key",
            ),
            # The queue.
            models.Index(
                fields=["tenant", "opened_at"], condition=Q(status="open"), name="mapping_review_queue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_system}/{self.external_id}"


class Dismissal(ReferenceKey):
    """Staff said of a record: this is not the one. It is never proposed for that reference again."""

    review = models.ForeignKey(
        MappingReview, on_delete=models.CASCADE, related_name="dismissals", db_constraint=False
    )
    record_id = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # The look-up of every import.
            models.UniqueConstraint(
                fields=["tenant", "source_system", "entity_type", "key_kind", "external_id", "record_id"],
                name="dismissal_once",
            ),
            TenantLink(field="review", to="customers.MappingReview", name="dismissal_review"),
        ]

    def __str__(self) -> str:
        return f"{self.source_system}/{self.external_id} ≠ {self.record_id}"


class WordCounts(models.Model):
    """How common words are in a tenant's registry, as they were counted last: see customers.matching.counting."""

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, related_name="+")
    customers = models.PositiveIntegerField()
    # By kind ("name", "street", "city", "postal") and word; words of fewer records than `rare_below` are left out.
    counts = models.JSONField(default=dict)
    rare_below = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.tenant}: {self.customers}"
