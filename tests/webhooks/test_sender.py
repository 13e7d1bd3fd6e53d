"""The sender with a real database and real receivers: what happens gets there, signed, as often as needed."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import standardwebhooks
import uvloop
from asgiref.sync import sync_to_async
from django.db import connections, transaction
from django.utils import timezone

from ordinavo_connect.clients.models import Tenant
from tests.webhooks.event_loops import aside
from tests.webhooks.receivers import Receiver, read_request, receiving
from webhooks.delivery.models import Attempt, Delivery, Notice, Subscription
from webhooks.delivery.network import Edge
from webhooks.delivery.redelivery import redeliver
from webhooks.delivery.samples import sample_facts
from webhooks.delivery.sender import Sender
from webhooks.delivery.subscriptions import NewSubscription, create_subscription, rotate_secret
from webhooks.events.outbox import Fact, emit

pytestmark = pytest.mark.django_db(transaction=True)

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
# Bounds a wait that ends much sooner where all is well.
PATIENCE_SECONDS = 30.0
GONE = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
BROKEN = b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nbad!"


def play(scene: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """Run a scene in which a sender works from beginning to end."""

    async def with_sender() -> Any:
        sender = Sender(Edge(LOOPBACK, allow_http=True), grace_seconds=2.0)
        running = asyncio.create_task(sender.run())
        try:
            return await asyncio.wait_for(scene(*arguments), PATIENCE_SECONDS)
        finally:
            sender.stop()
            await asyncio.wait_for(running, PATIENCE_SECONDS)

    return run(with_sender())


def run(scene: Awaitable[Any]) -> Any:
    """In an event loop as the sender has it; no connection of a thread stays behind."""

    async def bounded() -> Any:
        try:
            return await asyncio.wait_for(scene, 2 * PATIENCE_SECONDS)
        finally:
            await do(connections.close_all)

    return aside(uvloop.run)(bounded())


async def do(work: Callable[..., Any], *arguments: Any, **settings: Any) -> Any:
    return await sync_to_async(work)(*arguments, **settings)


async def until(condition: Callable[[], Any]) -> None:
    while not await do(condition):
        await asyncio.sleep(0.02)


def subscribe(tenant: Tenant, url: str, **fields: Any) -> NewSubscription:
    return create_subscription(
        tenant, source_system="erp", url=url, event_types=fields.pop("event_types", ["target.*"]), **fields
    )


def happen(tenant: Tenant, *types: str) -> None:
    with transaction.atomic():
        facts = [Fact(each, sample_facts(each, source_system="erp")) for each in types]
        emit(facts, tenant_id=tenant.pk, source_system="erp", occurred_at=timezone.now())


def counted(status: str, **conditions: Any) -> int:
    return Delivery.objects.exclude(event_type="webhook.test").filter(status=status, **conditions).count()


def make_due() -> None:
    """What waits for a retry waits no more."""
    Delivery.objects.filter(status="Pending", claim=None).update(due_at=timezone.now())


def types_of(receiver: Receiver) -> list[str]:
    return [each.headers["x-ordinavo-event-type"] for each in receiver.requests]


def test_an_event_arrives_signed(tenant: Tenant) -> None:
    async def scene() -> None:
        async with receiving() as receiver:
            made = await do(subscribe, tenant, receiver.url, headers={"X-Api-Key": "s3cret"})
            await do(happen, tenant, "target.imported")
            await until(lambda: counted("Delivered") == 1)
            event = next(
                each for each in receiver.requests if each.headers["x-ordinavo-event-type"] != "webhook.test"
            )
            content = standardwebhooks.Webhook(made.secret).verify(event.body, event.headers)
            assert content["eventType"] == "target.imported"
            assert content["eventId"] == event.headers["webhook-id"]
            assert event.headers["x-api-key"] == "s3cret"

    play(scene)
    attempt = Attempt.objects.get(delivery__event_type="target.imported")
    assert attempt.status_code == 200
    assert attempt.request_headers["X-Api-Key"] == "***"
    assert set(attempt.phases) >= {"firstByte"}


def test_what_waited_before_it_began_arrives(tenant: Tenant) -> None:
    async def scene() -> None:
        async with receiving() as receiver:
            await do(Subscription.objects.update, url=receiver.url)
            await until(lambda: counted("Delivered") == 3)
            assert sorted(types_of(receiver)) == [
                "target.cancelled",
                "target.imported",
                "target.updated",
                "webhook.test",
            ]

    subscribe(tenant, "http://127.0.0.1:9/")
    happen(tenant, "target.imported", "target.updated", "target.cancelled", "billing.event_created")
    play(scene)


def test_a_new_subscription_is_tested_and_gets_its_verdict(tenant: Tenant) -> None:
    async def scene() -> None:
        async with receiving() as receiver:
            await do(subscribe, tenant, receiver.url)
            await until(lambda: Subscription.objects.get().verdict is not None)
            assert types_of(receiver) == ["webhook.test"]

    play(scene)
    assert Subscription.objects.get().verdict["ok"] is True
    assert Subscription.objects.get().last_success_at is not None


def test_the_verdict_of_one_that_is_not_there(tenant: Tenant) -> None:
    async def scene() -> None:
        await do(subscribe, tenant, "http://127.0.0.1:9/")
        await until(lambda: Subscription.objects.get().verdict is not None)

    play(scene)
    verdict = Subscription.objects.get().verdict
    assert (verdict["ok"], verdict["errorCode"]) == (False, "connection_refused")


def test_every_attempt_sends_the_same_bytes(tenant: Tenant) -> None:
    async def scene() -> list[Any]:
        seen: list[Any] = []

        async def fail_once(reader: Any, writer: Any) -> None:
            while True:
                seen.append(await read_request(reader))
                writer.write(BROKEN if len(seen) == 1 else b"HTTP/1.1 204 No\r\n\r\n")

        async with receiving(fail_once) as receiver:
            await do(subscribe, tenant, receiver.url)
            await until(lambda: Delivery.objects.filter(attempt_count=1).exists())
            await do(make_due)
            await until(lambda: Delivery.objects.filter(status="Delivered").exists())
        return seen

    first, second = play(scene)
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["x-ordinavo-delivery-id"] == second.headers["x-ordinavo-delivery-id"]
    assert list(Attempt.objects.order_by("number").values_list("number", "status_code")) == [
        (1, 500),
        (2, 204),
    ]


def test_a_failure_is_tried_again_by_schedule(tenant: Tenant) -> None:
    async def scene() -> None:
        async with receiving(answer=BROKEN) as receiver:
            await do(subscribe, tenant, receiver.url)
            await until(lambda: Delivery.objects.filter(attempt_count=1).exists())

    play(scene)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.due_reason, delivery.retry_count) == ("Pending", "retry", 1)
    assert delivery.due_at is not None
    assert timedelta(0) < delivery.due_at - timezone.now() <= timedelta(seconds=6)
    assert Attempt.objects.get().response_excerpt == "bad!"
    assert Subscription.objects.get().consecutive_failures == 1


def test_410_disables(tenant: Tenant) -> None:
    async def scene() -> None:
        async with receiving(answer=GONE) as receiver:
            await do(subscribe, tenant, receiver.url)
            await until(lambda: Subscription.objects.get().status == "Disabled")

    play(scene)
    assert "410" in Subscription.objects.get().disabled_reason
    assert Delivery.objects.get().status == "Failed"
    assert Notice.objects.get().kind == "endpoint_disabled"


def test_a_row_of_failures_opens_the_breaker_and_a_success_closes_it(tenant: Tenant) -> None:
    async def scene() -> None:
        is_sound = False

        async def answer(reader: Any, writer: Any) -> None:
            while True:
                await read_request(reader)
                writer.write(b"HTTP/1.1 204 No\r\n\r\n" if is_sound else BROKEN)

        async with receiving(answer) as receiver:
            await do(subscribe, tenant, receiver.url)
            await do(happen, tenant, *["target.imported"] * 30)
            await until(lambda: Subscription.objects.get().breaker_until is not None)
            assert await do(lambda: Notice.objects.get().kind) == "breaker_open"
            assert await do(lambda: Delivery.objects.filter(attempt_count=0).count()) > 10
            is_sound = True
            await do(Subscription.objects.update, breaker_until=timezone.now())
            await do(make_due)
            await until(lambda: counted("Delivered") == 30)

    play(scene)
    subscription = Subscription.objects.get()
    assert (subscription.breaker_until, subscription.failing_since, subscription.consecutive_failures) == (
        None,
        None,
        0,
    )
    assert Notice.objects.get().ended_at is not None


def test_one_that_hangs_delays_no_other(tenant: Tenant) -> None:
    async def hang(reader: Any, _writer: Any) -> None:
        await reader.read()

    async def scene() -> None:
        async with receiving(hang) as hanging, receiving() as healthy:
            await do(subscribe, tenant, hanging.url)
            second = await do(subscribe, tenant, healthy.url)
            await do(happen, tenant, *["target.imported"] * 200)
            await until(lambda: counted("Delivered", subscription=second.subscription) == 200)
            assert hanging.connections <= 50

    play(scene)


def test_paused_waits_and_goes_on(tenant: Tenant) -> None:
    async def scene() -> None:
        async with receiving() as receiver:
            made = await do(subscribe, tenant, receiver.url)
            await until(lambda: receiver.requests)
            await do(Subscription.objects.update, status="Paused")
            await do(happen, tenant, "target.imported", "target.updated")
            await until(lambda: counted("Pending") == 2)
            waiting = await do(lambda: Delivery.objects.filter(event_type="target.imported"))
            await do(redeliver, waiting)
            await until(lambda: counted("Delivered") == 1)
            assert types_of(receiver) == ["webhook.test", "target.imported"]
            await do(Subscription.objects.filter(pk=made.subscription.pk).update, status="Active")
            await until(lambda: counted("Delivered") == 2)

    play(scene)


def test_a_rotated_secret_signs_at_once_with_the_old_one_beside_it(tenant: Tenant) -> None:
    async def scene() -> None:
        async with receiving() as receiver:
            old = await do(subscribe, tenant, receiver.url)
            await until(lambda: receiver.requests)
            new = await do(rotate_secret, old.subscription)
            await do(happen, tenant, "target.imported")
            await until(lambda: counted("Delivered") == 1)
            event = receiver.requests[-1]
            for secret in (old.secret, new):
                assert standardwebhooks.Webhook(secret).verify(event.body, event.headers)

    play(scene)


def test_a_secret_that_nobody_can_open_is_a_failure_that_is_told(tenant: Tenant) -> None:
    async def scene() -> None:
        async with receiving() as receiver:
            made = await do(subscribe, tenant, receiver.url)
            await until(lambda: receiver.requests)
            await do(Subscription.objects.filter(pk=made.subscription.pk).update, secret="lost")
            await do(happen, tenant, "target.imported")
            await until(lambda: Attempt.objects.filter(error_code="secret_unreadable").exists())
            assert types_of(receiver) == ["webhook.test"]

    play(scene)


def test_two_senders_send_nothing_twice(tenant: Tenant) -> None:
    async def scene() -> None:
        other = Sender(Edge(LOOPBACK, allow_http=True), grace_seconds=2.0)
        running = asyncio.create_task(other.run())
        async with receiving() as receiver:
            await do(subscribe, tenant, receiver.url)
            await do(happen, tenant, *["target.imported"] * 300)
            await until(lambda: counted("Delivered") == 300)
            other.stop()
            await running
            sent = [each.headers["webhook-id"] for each in receiver.requests]
            assert len(sent) == len(set(sent)) == 301

    play(scene)
    assert Attempt.objects.count() == 301


def test_a_lost_connection_to_the_database_is_made_again(tenant: Tenant) -> None:
    ours = connections["default"].connection.info.backend_pid

    def end_all_others() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                [ours],
            )

    async def scene() -> None:
        async with receiving() as receiver:
            await do(subscribe, tenant, receiver.url)
            await until(lambda: receiver.requests)
            for _ in range(3):
                await do(end_all_others)
                await do(happen, tenant, "target.imported")
            await until(lambda: counted("Delivered") == 3)

    play(scene)


def test_told_to_stop_it_finishes_what_is_under_way(tenant: Tenant) -> None:
    async def scene() -> None:
        gate = asyncio.Event()

        async def answer_late(reader: Any, writer: Any) -> None:
            await read_request(reader)
            gate.set()
            await asyncio.sleep(0.3)
            writer.write(b"HTTP/1.1 204 No\r\n\r\n")

        async with receiving(answer_late) as receiver:
            sender = Sender(Edge(LOOPBACK, allow_http=True))
            running = asyncio.create_task(sender.run())
            await do(subscribe, tenant, receiver.url)
            await gate.wait()
            sender.stop()
            await running

    run(scene())
    assert Delivery.objects.get().status == "Delivered"


def test_told_to_stop_it_gives_back_what_takes_too_long(tenant: Tenant) -> None:
    async def scene() -> None:
        async def hang(reader: Any, _writer: Any) -> None:
            await reader.read()

        async with receiving(hang) as receiver:
            sender = Sender(Edge(LOOPBACK, allow_http=True), grace_seconds=0.2)
            running = asyncio.create_task(sender.run())
            await do(subscribe, tenant, receiver.url)
            await until(lambda: receiver.connections)
            sender.stop()
            await running

    run(scene())
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.claim, delivery.attempt_count) == ("Pending", None, 0)
    assert delivery.due_at is not None
    assert delivery.due_at <= timezone.now()
