"""What is done by the clock for the tables that every endpoint shares."""

from celery import shared_task

from ordinavo_connect.api.expiry import delete_what_expired


@shared_task(name="api.expire")
def expire() -> None:
    delete_what_expired()
