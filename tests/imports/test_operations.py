"""Operations on targets in each state, and what an import changes on one (API contract, Import)."""

import pytest

from customers.models import MappingReview
from imports.models import ImportItem, Target
from tests.imports.calls import codes, imported, imported_batch, kept, refused, send, statuses, target
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db


def put_into(state, api):
    """Bring JOB-1 into a state; None: it does not exist."""
    if state is None:
        return
    imported(api, title="Before", sourceUpdatedAt="2026-06-01T00:00:00Z")
    Target.objects.update(status=state)


@pytest.mark.parametrize(
    ("operation", "state", "outcome", "warnings", "state_after"),
    [
        ("create", None, "Imported", [], "Open"),
        ("create", "Open", "external_id_exists", [], "Open"),
        ("create", "Planned", "external_id_exists", [], "Planned"),
        ("create", "InProgress", "external_id_exists", [], "InProgress"),
        ("create", "Cancelled", "external_id_exists", [], "Cancelled"),
        ("create", "Completed", "external_id_exists", [], "Completed"),
        ("update", None, "target_not_found", [], None),
        ("update", "Open", "Updated", [], "Open"),
        ("update", "Planned", "Updated", [], "Planned"),
        ("update", "InProgress", "Updated", [], "InProgress"),
        ("update", "Cancelled", "target_cancelled", [], "Cancelled"),
        ("update", "Completed", "Unchanged", ["target_completed"], "Completed"),
        ("upsert", None, "Imported", [], "Open"),
        ("upsert", "Open", "Updated", [], "Open"),
        ("upsert", "Planned", "Updated", [], "Planned"),
        ("upsert", "InProgress", "Updated", [], "InProgress"),
        ("upsert", "Cancelled", "Updated", ["target_reopened"], "Open"),
        ("upsert", "Completed", "Unchanged", ["target_completed"], "Completed"),
        ("cancel", None, "target_not_found", [], None),
        ("cancel", "Open", "Cancelled", [], "Cancelled"),
        ("cancel", "Planned", "Cancelled", [], "Cancelled"),
        ("cancel", "InProgress", "Cancelled", [], "Cancelled"),
        ("cancel", "Cancelled", "Unchanged", [], "Cancelled"),
        ("cancel", "Completed", "Unchanged", ["target_completed"], "Completed"),
    ],
)
def test_what_an_operation_does_to_a_target_of_each_state(
    operation, state, outcome, warnings, state_after, api
):
    put_into(state, api)
    body = imported_batch(api, [target(title="After", operation=operation)])
    item = body["items"][0]
    assert item["operation"] == operation
    assert codes(item) == warnings
    is_rejected = "_" in outcome
    assert (item["status"], item["errorCode"]) == (("Rejected", outcome) if is_rejected else (outcome, None))
    row = Target.objects.filter(external_id="JOB-1").first()
    assert (row and row.status) == state_after
    if row is not None:
        assert row.title == ("After" if outcome in ("Imported", "Updated") else "Before")


@pytest.mark.parametrize(
    ("operation", "state", "status", "code"),
    [
        ("create", "Open", 409, "external_id_exists"),
        ("create", "Cancelled", 409, "external_id_exists"),
        ("update", None, 404, "target_not_found"),
        ("update", "Cancelled", 409, "target_cancelled"),
        ("cancel", None, 404, "target_not_found"),
    ],
)
def test_a_refused_operation_of_a_single_import_is_its_error(operation, state, status, code, api):
    put_into(state, api)
    assert refused(api, operation=operation, status=status)["code"] == code


@pytest.mark.parametrize(
    ("operation", "state", "outcome", "event"),
    [
        ("upsert", None, "Imported", "target.imported"),
        ("upsert", "Open", "Updated", "target.updated"),
        ("upsert", "Cancelled", "Updated", "target.updated"),
        ("upsert", "Completed", "Unchanged", None),
        ("cancel", "Open", "Cancelled", "target.cancelled"),
        ("cancel", "Cancelled", "Unchanged", None),
        ("create", "Open", "Rejected", "target.rejected"),
    ],
)
def test_each_outcome_but_unchanged_writes_its_event_before_that_of_the_job(
    operation, state, outcome, event, api
):
    put_into(state, api)
    Event.objects.all().delete()
    assert statuses(imported_batch(api, [target(title="After", operation=operation)])) == [outcome]
    written = list(Event.objects.order_by("pk").values_list("type", flat=True))
    assert written == [event, "import_job.completed"] if event else ["import_job.completed"]


# A state is stale when its sender says so.


def test_an_older_update_is_skipped_with_a_warning(api):
    imported(api, title="New", sourceUpdatedAt="2026-06-02T00:00:00Z")
    item = imported(api, title="Old", sourceUpdatedAt="2026-06-01T23:59:59.999999Z")
    assert (item["status"], codes(item)) == ("Unchanged", ["stale_update"])
    assert kept(api)["title"] == "New"
    assert kept(api)["sourceUpdatedAt"] == "2026-06-02T00:00:00Z"


def test_an_older_cancel_is_skipped_too(api):
    imported(api, sourceUpdatedAt="2026-06-02T00:00:00Z")
    item = imported(api, operation="cancel", sourceUpdatedAt="2026-06-01T00:00:00Z")
    assert (item["status"], codes(item)) == ("Unchanged", ["stale_update"])
    assert kept(api)["status"] == "Open"


def test_an_equal_source_time_is_applied(api):
    imported(api, title="First", sourceUpdatedAt="2026-06-01T02:00:00+02:00")
    assert imported(api, title="Second", sourceUpdatedAt="2026-06-01T00:00:00Z")["status"] == "Updated"
    assert kept(api)["title"] == "Second"


def test_an_update_without_a_source_time_is_applied_and_keeps_the_known_one(api):
    imported(api, sourceUpdatedAt="2026-06-01T00:00:00Z")
    assert imported(api, title="Later")["status"] == "Updated"
    assert kept(api)["sourceUpdatedAt"] == "2026-06-01T00:00:00Z"


def test_a_cancel_counts_for_what_is_stale(api):
    imported(api, sourceUpdatedAt="2026-06-01T00:00:00Z")
    imported(api, operation="cancel", sourceUpdatedAt="2026-06-03T00:00:00Z")
    item = imported(api, title="Old", sourceUpdatedAt="2026-06-02T00:00:00Z")
    assert (item["status"], codes(item)) == ("Unchanged", ["stale_update"])
    assert kept(api)["status"] == "Cancelled"


def test_a_stale_update_links_nothing_and_asks_nothing(api):
    imported(api, sourceUpdatedAt="2026-06-02T00:00:00Z")
    imported(api, sourceUpdatedAt="2026-06-01T00:00:00Z", customer={"externalId": "C-1", "name": "Berg"})
    assert not MappingReview.objects.exists()
    assert kept(api)["customerMapping"] is None


# Only what is present changes.


def full(**changes):
    return (
        target(
            description="Check the pump.",
            externalType="Order",
            templateKey="visit",
            planning={
                "priority": "High",
                "estimatedWorkMinutes": 45,
                "dueDate": "2026-07-01",
                "dueAtUtc": "2026-07-01T15:00:00Z",
                "routeDate": "2026-07-01",
                "preferredTimeWindowStart": "2026-07-01T08:00:00Z",
                "preferredTimeWindowEnd": "2026-07-01T14:00:00Z",
                "fixedTime": True,
            },
            businessValue={"expectedRevenue": 2500, "customerTier": "A", "closeProbability": 75},
            requiredSkills=["pumps", "heights"],
            customFields={"assetId": "FRIDGE-221", "count": 8, "cold": True},
            sourceUpdatedAt="2026-06-01T00:00:00Z",
        )
        | changes
    )


SHOWN = ("title", "description", "externalType", "templateKey", "planning", "businessValue")


def test_every_field_is_kept_and_shown(api):
    imported_batch(api, [full()])
    shown = kept(api)
    sent = full()
    for name in (*SHOWN, "requiredSkills", "customFields", "sourceUpdatedAt"):
        assert shown[name] == sent[name], name


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_fields_that_are_left_out_stay(operation, api):
    imported_batch(api, [full()])
    before = kept(api)
    item = imported_batch(api, [target(title="Other", operation=operation)])["items"][0]
    assert item["status"] == "Updated"
    changed = {"title", "contentHash", "updatedAtUtc"}
    assert {k: v for k, v in kept(api).items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }


def test_an_update_needs_no_title(api):
    imported(api, title="Before")
    assert imported(api, title=None, operation="update", description="New")["status"] == "Updated"
    assert (kept(api)["title"], kept(api)["description"]) == ("Before", "New")


def test_parts_of_planning_that_are_left_out_stay(api):
    imported_batch(api, [full()])
    imported(api, planning={"estimatedWorkMinutes": 60})
    assert kept(api)["planning"] == full()["planning"] | {"estimatedWorkMinutes": 60}


NULLS = [
    ({"description": None}, "description", None),
    ({"externalType": None}, "externalType", None),
    ({"templateKey": None}, "templateKey", None),
    ({"requiredSkills": None}, "requiredSkills", []),
    ({"customFields": None}, "customFields", {}),
    ({"sourceUpdatedAt": None}, "sourceUpdatedAt", None),
    (
        {"businessValue": None},
        "businessValue",
        {"expectedRevenue": None, "customerTier": None, "closeProbability": None},
    ),
    (
        {"businessValue": {"customerTier": None}},
        "businessValue",
        {"expectedRevenue": 2500, "customerTier": None, "closeProbability": 75},
    ),
    (
        {"planning": None},
        "planning",
        {
            "priority": "Normal",
            "estimatedWorkMinutes": 60,
            "dueDate": None,
            "dueAtUtc": None,
            "routeDate": None,
            "preferredTimeWindowStart": None,
            "preferredTimeWindowEnd": None,
            "fixedTime": False,
        },
    ),
]


@pytest.mark.parametrize(("given", "field", "shown"), NULLS, ids=[str(row[0]) for row in NULLS])
def test_null_clears(given, field, shown, api):
    imported_batch(api, [full()])
    before = kept(api)
    assert imported(api, **given)["status"] == "Updated"
    assert kept(api)[field] == shown
    for name in (*SHOWN, "requiredSkills", "customFields"):
        assert name == field or kept(api)[name] == before[name], name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("priority", "Normal"),
        ("estimatedWorkMinutes", 60),
        ("dueDate", None),
        ("dueAtUtc", None),
        ("routeDate", None),
        ("preferredTimeWindowEnd", None),
        ("fixedTime", False),
    ],
)
def test_null_clears_one_field_of_planning(name, shown, api):
    imported_batch(api, [full()])
    imported(api, planning={name: None})
    assert kept(api)["planning"] == full()["planning"] | {name: shown}


@pytest.mark.parametrize("operation", ["create", "upsert", "update", "cancel"])
def test_a_title_of_null_is_an_error(operation, api):
    if operation != "create":
        imported(api)
    response = send(api, operation=operation, planning=None)
    assert response.status_code == 202
    error = api.post("/inbound/targets", {"externalId": "JOB-1", "title": None, "operation": operation})
    assert error.status_code == 400
    assert error.json()["error"]["details"][0]["field"] == "title"


def test_custom_fields_are_merged_key_by_key_and_null_removes_one(api):
    imported(api, customFields={"a": "1", "b": 2, "c": True})
    imported(api, customFields={"a": None, "b": 3, "d": None, "e": "new"})
    assert kept(api)["customFields"] == {"b": 3, "c": True, "e": "new"}


def test_lists_are_replaced(api):
    imported(api, requiredSkills=["a", "b"])
    imported(api, requiredSkills=["c"])
    assert kept(api)["requiredSkills"] == ["c"]


def test_a_new_target_keeps_no_key_that_was_given_as_null(api):
    imported(api, customFields={"a": None, "b": 1})
    assert kept(api)["customFields"] == {"b": 1}


# Unchanged, and the hash that tells.


def test_the_same_again_is_unchanged_with_the_same_hash(api):
    first = imported_batch(api, [full()])["items"][0]
    again = imported_batch(api, [full()])["items"][0]
    assert again["status"] == "Unchanged"
    assert again["targetId"] == first["targetId"]
    assert again["contentHash"] == first["contentHash"] == kept(api)["contentHash"]


def test_another_spelling_of_the_same_is_unchanged(api):
    imported_batch(api, [full()])
    same = full(
        title="  Visit ",
        planning={"priority": "HIGH", "timeWindowStartUtc": "2026-07-01T10:00:00+02:00"},
        businessValue={"expectedRevenue": 2500.0},
    )
    assert statuses(imported_batch(api, [same])) == ["Unchanged"]


@pytest.mark.parametrize(
    ("before", "after"), [(1, True), (True, 1), (0, False), ("1", 1), ("true", True), (1, 1.5), ("", 0)]
)
def test_a_custom_field_that_changes_its_type_is_an_update(before, after, api):
    imported(api, customFields={"a": before})
    item = imported(api, customFields={"a": after})
    assert item["status"] == "Updated"
    shown = kept(api)
    assert shown["customFields"]["a"] == after
    assert type(shown["customFields"]["a"]) is type(after)
    assert shown["contentHash"] == item["contentHash"]


@pytest.mark.parametrize("field", ["title", "description", "externalType", "templateKey"])
def test_a_changed_field_changes_the_hash(field, api):
    before = imported_batch(api, [full()])["items"][0]["contentHash"]
    after = imported(api, **{field: "Other"})
    assert after["status"] == "Updated"
    assert after["contentHash"] != before
    assert after["contentHash"] == kept(api)["contentHash"]


def test_two_targets_that_say_the_same_have_the_same_hash_whatever_their_time(api):
    body = imported_batch(api, [full(), full(externalId="JOB-2", sourceUpdatedAt="2026-06-09T00:00:00Z")])
    assert body["items"][0]["contentHash"] == body["items"][1]["contentHash"]


def test_an_unchanged_target_keeps_the_time_of_its_last_change(api):
    imported_batch(api, [full()])
    before = kept(api)["updatedAtUtc"]
    imported_batch(api, [full()])
    assert kept(api)["updatedAtUtc"] == before


def test_the_log_names_the_fields_that_changed(api):
    imported(api, title="Before", planning={"priority": "Low"})
    item = imported(api, title="After", planning={"priority": "High"})
    changes = ImportItem.objects.get(pk=item["itemId"]).changes
    assert changes == {"title": ["Before", "After"], "planning.priority": ["Low", "High"]}


# Cancel.


def test_cancel_applies_the_external_id_and_the_source_time_only(api):
    imported(api, title="Before", description="Old", sourceUpdatedAt="2026-06-01T00:00:00Z")
    item = imported(
        api,
        operation="cancel",
        title="Ignored",
        description="Ignored",
        customFields={"a": 1},
        sourceUpdatedAt="2026-06-02T00:00:00Z",
    )
    assert item["status"] == "Cancelled"
    shown = kept(api)
    assert (shown["title"], shown["description"], shown["customFields"]) == ("Before", "Old", {})
    assert shown["sourceUpdatedAt"] == "2026-06-02T00:00:00Z"
    assert shown["status"] == "Cancelled"


def test_cancel_needs_no_title(api):
    imported(api)
    assert imported(api, title=None, operation="cancel")["status"] == "Cancelled"


def test_cancel_links_nothing(api):
    imported(api)
    item = imported(api, operation="cancel", customer={"externalId": "C-1", "name": "Berg"})
    assert item["status"] == "Cancelled"
    assert item["customerMapping"] is None
    assert not MappingReview.objects.exists()


def test_a_reopened_target_takes_what_the_upsert_says(api):
    imported(api, title="Before")
    imported(api, operation="cancel")
    item = imported(api, title="After")
    assert (item["status"], codes(item)) == ("Updated", ["target_reopened"])
    assert (kept(api)["status"], kept(api)["title"]) == ("Open", "After")


def test_a_reopened_target_of_the_same_content_is_updated_too(api):
    imported(api)
    imported(api, operation="cancel")
    assert imported(api)["status"] == "Updated"


# The same external ID twice in one batch.


def test_the_later_item_applies_on_top_of_the_earlier_one(api):
    body = imported_batch(
        api,
        [
            target(description="From the first", customFields={"a": 1, "b": 1}),
            target("JOB-2"),
            target(title="Second", customFields={"b": None}),
        ],
    )
    assert statuses(body) == ["Imported", "Imported", "Updated"]
    assert body["items"][0]["targetId"] == body["items"][2]["targetId"]
    shown = kept(api)
    assert (shown["title"], shown["description"], shown["customFields"]) == (
        "Second",
        "From the first",
        {"a": 1},
    )
    assert shown["contentHash"] == body["items"][2]["contentHash"]


def test_create_cancel_reopen_and_create_again_in_one_batch(api):
    body = imported_batch(
        api,
        [
            target(operation="create"),
            target(operation="cancel"),
            target(operation="update", title="No"),
            target(operation="upsert", title="Again"),
            target(operation="create"),
            target(operation="upsert", title="Again"),
        ],
    )
    assert statuses(body) == ["Imported", "Cancelled", "Rejected", "Updated", "Rejected", "Unchanged"]
    assert [item["errorCode"] for item in body["items"]] == [
        *(None, None, "target_cancelled", None, "external_id_exists", None),
    ]
    assert (kept(api)["status"], kept(api)["title"]) == ("Open", "Again")


def test_a_rejected_item_leaves_no_trace_on_the_target_for_a_later_one(api):
    window = {"preferredTimeWindowStart": "2026-07-01T08:00:00Z"}
    wrong = {"preferredTimeWindowEnd": "2026-07-01T07:00:00Z"}
    body = imported_batch(
        api,
        [
            target(planning=window),
            target(title="Wrong", planning=wrong, customFields={"a": 1}),
            target(description="Right"),
        ],
    )
    assert statuses(body) == ["Imported", "Rejected", "Updated"]
    shown = kept(api)
    assert (shown["title"], shown["description"], shown["customFields"]) == ("Visit", "Right", {})
    assert shown["planning"]["preferredTimeWindowEnd"] is None


def test_an_older_item_after_a_newer_one_of_the_same_batch_is_stale(api):
    body = imported_batch(
        api,
        [
            target(title="New", sourceUpdatedAt="2026-06-02T00:00:00Z"),
            target(title="Old", sourceUpdatedAt="2026-06-01T00:00:00Z"),
        ],
    )
    assert statuses(body) == ["Imported", "Unchanged"]
    assert codes(body["items"][1]) == ["stale_update"]
    assert kept(api)["title"] == "New"


def test_external_ids_are_compared_exactly(api):
    body = imported_batch(api, [target("job-1"), target("JOB-1"), target("JOB-01")])
    assert statuses(body) == ["Imported"] * 3
    assert Target.objects.count() == 3
