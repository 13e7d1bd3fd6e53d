"""Who works when and where, what was suggested for a day, and what was published of it."""

from datetime import date, time

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from imports.models import ImportJob, Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from ordinavo_connect.clients.tenancy import TenantLink


class Weekday(models.IntegerChoices):
    """As Python counts: Monday is 0."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Language(models.TextChoices):
    ENGLISH = "en", _("English")
    GERMAN = "de", _("German")


class Employee(models.Model):
    """Somebody who drives to customers: what the person can do, and where the day begins and ends."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Who logs in to My Day as this employee.
    user = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="employees",
        verbose_name=_("log-in"),
    )
    name = models.CharField(max_length=200)
    phone = models.CharField(max_length=200, blank=True, default="")
    # As staff write them; compared without regard to case.
    skills = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.GERMAN)
    start_name = models.CharField(_("starts and ends at"), max_length=200, blank=True, default="")
    latitude = models.FloatField(validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(validators=[MinValueValidator(-180), MaxValueValidator(180)])
    # As the crow flies from the start; none: everywhere.
    area_km = models.PositiveSmallIntegerField(
        _("working area (km)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="employee_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "name"],
                name="employee_name_once",
                violation_error_message=_("There is an employee of this name already."),
            ),
            models.UniqueConstraint(
                fields=["tenant", "user"],
                condition=Q(user__isnull=False),
                name="employee_user_once",
                violation_error_message=_("This log-in belongs to another employee already."),
            ),
            models.CheckConstraint(
                name="employee_coordinates",
                condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
            models.CheckConstraint(name="employee_language", condition=Q(language__in=Language.values)),
            models.CheckConstraint(
                name="employee_area", condition=Q(area_km__isnull=True) | Q(area_km__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WorkingHours(models.Model):
    """When an employee works on a weekday, in the tenant's time zone, with the break of that day."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="working_hours", db_constraint=False
    )
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices)
    starts_at = models.TimeField(default=time(8))
    ends_at = models.TimeField(default=time(16, 30))
    break_minutes = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(240)])
    # The break begins between these two.
    break_from = models.TimeField(null=True, blank=True)
    break_until = models.TimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering = ["weekday"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "weekday"],
                name="working_hours_once_a_weekday",
                violation_error_message=_("This weekday has its hours already."),
            ),
            models.CheckConstraint(
                name="working_hours_order",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("Work ends after it starts."),
            ),
            models.CheckConstraint(name="working_hours_weekday", condition=Q(weekday__in=Weekday.values)),
            models.CheckConstraint(
                name="working_hours_break",
                condition=Q(break_minutes=0)
                | Q(
                    break_from__isnull=False,
                    break_until__isnull=False,
                    break_from__gte=F("starts_at"),
                    break_until__gte=F("break_from"),
                    break_until__lt=F("ends_at"),
                ),
                violation_error_message=_("A break begins between two times within the working hours."),
            ),
            TenantLink(field="employee", to="planning.Employee", name="working_hours_employee"),
        ]

    def __str__(self) -> str:
        return f"{Weekday(self.weekday).label} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


class Absence(models.Model):
    """Days on which an employee does not work, or, with times, works then only: leave, half days."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="absences", db_constraint=False
    )
    first_day = models.DateField()
    last_day = models.DateField()
    # Both or none: what is worked in spite of it.
    works_from = models.TimeField(null=True, blank=True)
    works_until = models.TimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions: leave, half days")
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                name="absence_order",
                condition=Q(last_day__gte=F("first_day")),
                violation_error_message=_("The last day is not before the first."),
            ),
            models.CheckConstraint(
                name="absence_times",
                condition=Q(works_from__isnull=True, works_until__isnull=True)
                | Q(works_from__isnull=False, works_until__gt=F("works_from")),
                violation_error_message=_("Give both times or none; the second is the later one."),
            ),
            TenantLink(field="employee", to="planning.Employee", name="absence_employee"),
        ]
        indexes = [
            # Who is away on a day.
            models.Index(fields=["tenant", "last_day", "first_day"], name="absence_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"

    def covers(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


class SuggestionStatus(models.TextChoices):
    """API contract, Route suggestions."""

    QUEUED = "Queued", _("Queued")
    SOLVING = "Solving", _("Solving")
    DRAFT = "Draft", _("Draft")
    FAILED = "Failed", _("Failed")
    PUBLISHED = "Published", _("Published")
    DISCARDED = "Discarded", _("Discarded")


class RouteSuggestion(models.Model):
    """A plan for one day that was asked for: who could do which of the targets, when and in which order.

    A worker solves it under a lease: of one that dies, another takes over once the lease has ended.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    # The Integration Client that asked, and its source system; none and blank where staff did.
    client = models.ForeignKey(
        IntegrationClient,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    source_system = models.CharField(max_length=64, blank=True, default="")
    requested_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    status = models.CharField(
        max_length=10, choices=SuggestionStatus.choices, default=SuggestionStatus.QUEUED
    )
    date = models.DateField()
    import_job = models.ForeignKey(
        ImportJob,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # What is to be planned, as asked for; in the end each is a stop or an excluded target.
    target_ids = ArrayField(models.BigIntegerField(), default=list)
    # Who may be planned; none: everybody who is active.
    employee_ids = ArrayField(models.BigIntegerField(), null=True, blank=True)
    time_limit_seconds = models.PositiveSmallIntegerField(default=10)
    seed = models.PositiveIntegerField(default=1)
    progress = models.FloatField(default=0)
    # Which worker solves it, and until when nobody else may.
    claim = models.UUIDField(null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    times_claimed = models.PositiveSmallIntegerField(default=0, editable=False)
    # Set to ask the worker to stop: what it has by then becomes the draft.
    is_stop_requested = models.BooleanField(default=False)
    # Why it failed, in words.
    error = models.TextField(blank=True, default="")
    # How far travel times can be trusted: "The map service gave no answer; …".
    travel_note = models.TextField(blank=True, default="")
    # Counts the changes of its stops: a change names the version that it was made on.
    version = models.PositiveIntegerField(default=0)
    correlation_id = models.CharField(max_length=128, blank=True, default="")
    created_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    discarded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("route suggestion")
        verbose_name_plural = _("route suggestions")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="route_suggestion_tenant_id"),
            models.CheckConstraint(
                name="route_suggestion_status", condition=Q(status__in=SuggestionStatus.values)
            ),
            models.CheckConstraint(name="route_suggestion_progress", condition=Q(progress__range=(0, 1))),
            models.CheckConstraint(
                name="route_suggestion_time_limit", condition=Q(time_limit_seconds__range=(1, 60))
            ),
            models.CheckConstraint(
                name="route_suggestion_claimed_while_solving",
                condition=~Q(status="Solving") | Q(claim__isnull=False, claimed_until__isnull=False),
            ),
            TenantLink(field="client", to="clients.IntegrationClient", name="route_suggestion_client"),
            TenantLink(field="import_job", to="imports.ImportJob", name="route_suggestion_import_job"),
        ]
        indexes = [
            # The newest of a day, for the planning page, and of a tenant, for the list.
            models.Index(fields=["tenant", "date", "-id"], name="route_suggestion_by_date"),
            models.Index(fields=["tenant", "-id"], name="route_suggestion_newest"),
            # What a worker looks for.
            models.Index(
                fields=["id"], condition=Q(status__in=["Queued", "Solving"]), name="route_suggestion_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Travel(models.Model):
    """What a leg or a route takes, as computed; rounded only where it is shown."""

    travel_seconds = models.PositiveIntegerField(default=0)
    travel_metres = models.PositiveIntegerField(default=0)
    waiting_seconds = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class SuggestedRoute(Travel):
    """One employee's day within a suggestion; its travel includes the way back."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    suggestion = models.ForeignKey(
        RouteSuggestion, on_delete=models.CASCADE, related_name="routes", db_constraint=False, db_index=False
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    work_seconds = models.PositiveIntegerField(default=0)
    # [{"startAtUtc", "endAtUtc"}]
    breaks = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["suggestion", "employee"], name="suggested_route_once"),
            TenantLink(field="suggestion", to="planning.RouteSuggestion", name="suggested_route_suggestion"),
            TenantLink(field="employee", to="planning.Employee", name="suggested_route_employee"),
        ]

    def __str__(self) -> str:
        return f"{self.suggestion_id}: {self.employee_id}"


class SuggestedStop(Travel):
    """A target in the plan of a suggestion; its travel is the leg that leads to it."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    suggestion = models.ForeignKey(
        RouteSuggestion, on_delete=models.CASCADE, related_name="stops", db_constraint=False, db_index=False
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    position = models.PositiveSmallIntegerField()
    arrival_at = models.DateTimeField()
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    # Stays with its employee and in its order when the plan is solved again.
    is_pinned = models.BooleanField(default=False)

    class Meta:
        ordering = ["employee_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["suggestion", "target"], name="suggested_stop_target_once"),
            models.UniqueConstraint(
                fields=["suggestion", "employee", "position"], name="suggested_stop_position_once"
            ),
            models.CheckConstraint(
                name="suggested_stop_order",
                condition=Q(start_at__gte=F("arrival_at"), end_at__gte=F("start_at")),
            ),
            TenantLink(field="suggestion", to="planning.RouteSuggestion", name="suggested_stop_suggestion"),
            TenantLink(field="employee", to="planning.Employee", name="suggested_stop_employee"),
            TenantLink(field="target", to="imports.Target", name="suggested_stop_target"),
        ]

    def __str__(self) -> str:
        return f"{self.suggestion_id}: {self.target_id}"


class ExclusionCode(models.TextChoices):
    """Why a target is not in a plan (API contract, Route suggestions)."""

    MISSING_COORDINATES = "missing_coordinates", _("No coordinates")
    NO_EMPLOYEE_AVAILABLE = "no_employee_available", _("Nobody available")
    OUTSIDE_WORKING_AREA = "outside_working_area", _("Outside the working areas")
    OUTSIDE_WORKING_HOURS = "outside_working_hours", _("Outside the working hours")
    TIME_WINDOW_UNREACHABLE = "time_window_unreachable", _("Time window out of reach")
    SKILL_MISSING = "skill_missing", _("Skill missing")
    CAPACITY_EXCEEDED = "capacity_exceeded", _("The day is full")
    LOWER_PRIORITY = "lower_priority", _("Others come first")
    NOT_OPEN = "not_open", _("Not open")


class ExcludedTarget(models.Model):
    """A target that a suggestion was asked to plan and did not, and why."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    suggestion = models.ForeignKey(
        RouteSuggestion,
        on_delete=models.CASCADE,
        related_name="excluded",
        db_constraint=False,
        db_index=False,
    )
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    code = models.CharField(max_length=32, choices=ExclusionCode.choices)
    message = models.TextField()
    # Staff took it out of the plan: it stays out when the plan is solved again.
    is_left_out = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["suggestion", "target"], name="excluded_target_once"),
            models.CheckConstraint(name="excluded_target_code", condition=Q(code__in=ExclusionCode.values)),
            TenantLink(field="suggestion", to="planning.RouteSuggestion", name="excluded_target_suggestion"),
            TenantLink(field="target", to="imports.Target", name="excluded_target_target"),
        ]

    def __str__(self) -> str:
        return f"{self.suggestion_id}: {self.target_id} {self.code}"


class Route(models.Model):
    """One employee's day as staff published it. Its appointments may be moved or cancelled later."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    suggestion = models.ForeignKey(
        RouteSuggestion, on_delete=models.PROTECT, related_name="published_routes", db_constraint=False
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.PROTECT, related_name="routes", db_constraint=False, db_index=False
    )
    date = models.DateField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="route_tenant_id"),
            models.UniqueConstraint(fields=["suggestion", "employee"], name="route_once_a_suggestion"),
            TenantLink(field="suggestion", to="planning.RouteSuggestion", name="route_suggestion_link"),
            TenantLink(field="employee", to="planning.Employee", name="route_employee"),
        ]
        indexes = [
            models.Index(fields=["tenant", "date", "employee"], name="route_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.employee_id}"


class AppointmentStatus(models.TextChoices):
    SCHEDULED = "Scheduled", _("Scheduled")
    STARTED = "Started", _("Started")
    COMPLETED = "Completed", _("Completed")
    PROBLEM_REPORTED = "ProblemReported", _("Problem reported")
    CANCELLED = "Cancelled", _("Cancelled")


# What still stands between a target and its visit.
LIVE = ("Scheduled", "Started", "ProblemReported")


class Appointment(models.Model):
    """The visit of one employee for one target, as published."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    route = models.ForeignKey(
        Route, on_delete=models.PROTECT, related_name="appointments", db_constraint=False
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.PROTECT, related_name="appointments", db_constraint=False, db_index=False
    )
    target = models.ForeignKey(
        Target, on_delete=models.PROTECT, related_name="appointments", db_constraint=False, db_index=False
    )
    status = models.CharField(
        max_length=16, choices=AppointmentStatus.choices, default=AppointmentStatus.SCHEDULED
    )
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    travel_seconds = models.PositiveIntegerField(default=0)
    travel_metres = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    problem_code = models.CharField(max_length=32, blank=True, default="")
    problem_text = models.TextField(max_length=2000, blank=True, default="")
    problem_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    # None: the source system cancelled the target.
    cancelled_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    cancel_reason = models.TextField(max_length=2000, blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="appointment_tenant_id"),
            # A target is never planned twice.
            models.UniqueConstraint(
                fields=["tenant", "target"],
                condition=Q(status__in=LIVE),
                name="appointment_one_live_a_target",
            ),
            models.CheckConstraint(
                name="appointment_status", condition=Q(status__in=AppointmentStatus.values)
            ),
            models.CheckConstraint(name="appointment_order", condition=Q(end_at__gt=F("start_at"))),
            models.CheckConstraint(
                name="appointment_completed_at",
                condition=Q(status="Completed", completed_at__isnull=False)
                | (~Q(status="Completed") & Q(completed_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="appointment_cancelled_at",
                condition=Q(status="Cancelled", cancelled_at__isnull=False)
                | (~Q(status="Cancelled") & Q(cancelled_at__isnull=True)),
            ),
            TenantLink(field="route", to="planning.Route", name="appointment_route"),
            TenantLink(field="employee", to="planning.Employee", name="appointment_employee"),
            TenantLink(field="target", to="imports.Target", name="appointment_target"),
        ]
        indexes = [
            # An employee's day.
            models.Index(fields=["employee", "start_at"], name="appointment_of_employee"),
            # The list of a tenant, and a day of it.
            models.Index(fields=["tenant", "start_at", "id"], name="appointment_by_start"),
            # The life of a target.
            models.Index(fields=["target", "id"], name="appointment_of_target"),
            # Those whose target was cancelled: what the sweep looks for.
            models.Index(fields=["target"], condition=Q(status__in=LIVE), name="appointment_live_by_target"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
