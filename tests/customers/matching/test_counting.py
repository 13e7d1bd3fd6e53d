"""How common words are in a registry, counted now and then (customers.matching.counting)."""

import pytest
from django.utils import timezone

from customers.matching.counting import FEWEST_CUSTOMERS, OLDEST, count_changed, count_words, frequencies_of
from customers.matching.frequency import ANYWHERE
from customers.models import WordCounts
from tests.factories import make_customer, make_location

pytestmark = pytest.mark.django_db


def fill(tenant, number):
    for n in range(number):
        make_location(make_customer(tenant, name=f"Xanten Werk {n}"), street=f"Kortumstr. {n}")


def test_a_tenant_that_was_not_counted_has_the_words_of_anywhere(tenant):
    assert frequencies_of(tenant.pk) is ANYWHERE


def test_common_words_are_counted_and_rare_ones_left_out(tenant):
    fill(tenant, 4)
    count_words(tenant.pk)
    found = frequencies_of(tenant.pk)
    assert (found.records, found.counts["name"], found.counts["street"]) == (
        *(4, {"xanten": 4, "werk": 4}),
        {"kortumstr": 4},
    )
    assert (found.counts["city"], found.counts["postal"]) == ({"essen": 4}, {"45127": 4})


def test_new_counts_are_seen_and_old_ones_not_read_again(tenant, django_assert_num_queries):
    fill(tenant, 4)
    count_words(tenant.pk)
    first = frequencies_of(tenant.pk)
    with django_assert_num_queries(1):
        assert frequencies_of(tenant.pk) is first
    fill(tenant, 1)
    count_words(tenant.pk)
    assert frequencies_of(tenant.pk).records == 5


def test_a_registry_is_counted_when_it_changed_by_much_or_is_old(tenant, other_tenant):
    fill(tenant, FEWEST_CUSTOMERS)
    fill(other_tenant, 1)  # too few to say anything
    assert (count_changed(), count_changed()) == (1, 0)
    fill(tenant, FEWEST_CUSTOMERS // 5)
    assert count_changed() == 1
    WordCounts.objects.update(counted_at=timezone.now() - 2 * OLDEST)
    assert count_changed() == 1
