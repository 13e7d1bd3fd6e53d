"""What an upgrade does to customers that have keys of older rules."""

from importlib import import_module

import pytest
from django.db import connection

from customers.models import Customer
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


def test_customers_get_the_keys_of_the_day(tenant):
    customer = make_customer(tenant, name="Lindenhof Medizintechnik GmbH")
    keys = Customer.objects.get(pk=customer.pk).match_keys
    assert keys
    Customer.objects.filter(pk=customer.pk).update(match_keys=[1])
    migration = import_module("customers.migrations.0006_longer_sound_keys")
    migration.fill(None, type("Editor", (), {"connection": connection}))
    assert Customer.objects.get(pk=customer.pk).match_keys == keys
