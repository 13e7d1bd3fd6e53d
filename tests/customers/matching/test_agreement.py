"""How far what came in agrees with a customer (customers.matching.agreement, names, doubts)."""

import pytest

from customers.matching.agreement import compare, compare_places, score_of
from customers.matching.doubts import doubts
from customers.matching.frequency import ANYWHERE, Frequencies
from customers.matching.identity import identity_of, place_of
from customers.matching.people import is_person

HERE = place_of("Hachestr. 12", "45127", "Essen")


def who(name, **reached):
    return identity_of(
        name, phones=[reached.get("phone", "")], emails=[reached.get("email", "")], region="DE"
    )


def agreement(ours, theirs, here=HERE, there=HERE, frequencies=ANYWHERE):
    return compare(who(ours), here, who(theirs), there, frequencies)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Müller Metallbau GmbH", "MUELLER METALLBAU GMBH"),
        ("Metallbau Müller GmbH", "Müller Metallbau G.m.b.H."),
    ],
)
def test_what_is_the_same_scores_one(ours, theirs):
    assert agreement(ours, theirs).score == 1.0


@pytest.mark.parametrize(
    ("near", "far"),
    [
        ("Müler Metallbau GmbH", "Maler Metallbau GmbH"),
        ("Müller Metallbau GmbH", "Müller Metallbau AG"),
        ("Müller Metallb. GmbH", "Müller Optik GmbH"),
        ("Müller Metallbau", "Müller Metallbau Verwaltungs GmbH"),
        ("Metall Bau Müller GmbH", "Stahl Bau Müller GmbH"),
    ],
)
def test_the_nearer_name_scores_higher(near, far):
    ours = "Müller Metallbau GmbH"
    assert agreement(near, ours).bits > agreement(far, ours).bits


def test_a_rare_word_weighs_more_than_a_common_one():
    counted = Frequencies(10_000, {"name": {"xantener": 3, "mueller": 900}}, 3)
    assert counted.bits("name", "xantener") > counted.bits("name", "mueller") + 5


def test_the_more_records_the_more_bits_it_takes():
    assert score_of(15, 40, 100) > score_of(15, 40, 1_000_000)


def test_weights_are_bounded():
    counted = Frequencies(10**9, {"name": {}}, 3)
    assert counted.bits("name", "unheard") == 13.0


@pytest.mark.parametrize(
    ("one", "other", "is_same_street", "is_same_house"),
    [
        ("Hachestr. 12", "Hachestraße 12", True, True),
        ("Hachestr. 12 A", "Hachestraße 12a", True, True),
        ("Hachestr. 12", "Hachestr. 12a", True, False),
        ("Hachestr. 12-14", "Hachestr. 12", True, True),
        ("Hachestr. 12", "Hachestr. 14", True, False),
        ("Hachstr. 12", "Hachestr. 12", True, True),
        ("Hachestr.", "Hachestr. 12", True, None),
        ("Hachestr. 12", "Kortumstr. 12", False, None),
    ],
)
def test_streets_and_house_numbers(one, other, is_same_street, is_same_house):
    found = compare_places(place_of(one, "45127", "Essen"), place_of(other, "45127", "Essen"), ANYWHERE)
    assert (found.is_same_street, found.is_same_house) == (is_same_street, is_same_house)


@pytest.mark.parametrize(
    ("postal", "city", "is_same"),
    [
        ("45127", "Essen", True),
        ("D-45127", "ESSEN", True),
        ("45172", "Essen", True),
        ("", "Esen", True),
        ("45127", "Essen-Werden", True),
        ("20095", "Hamburg", False),
    ],
)
def test_postal_code_and_city(postal, city, is_same):
    assert compare_places(HERE, place_of("", postal, city), ANYWHERE).is_same_region == is_same


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("Xanten Optik GmbH", "Xanten Optik GmbH", ()),
        ("Xanten Optik", "Xanten Optik GmbH", ()),
        ("Xanten Optik GmbH", "Xanten Optik AG", ("other_form",)),
        ("Xanten Optik GmbH", "Xanten Immobilien GmbH", ("other_word",)),
        ("Xanten Optik GmbH", "Xanten Optik Verwaltungs GmbH", ("missing_word",)),
        ("Xanten Optik GmbH Essen", "Xanten Optik GmbH", ()),
        ("Xanten Optik GmbH", "Vogt Druckerei GmbH", ("other_name",)),
        ("Petra Silvestro", "Angela Silvestro", ()),
        ("Petra Silvestro", "Angela Dennes", ("other_name",)),
    ],
)
def test_what_speaks_against_a_link(ours, theirs, expected):
    assert doubts(who(ours), who(theirs), agreement(ours, theirs)) == expected


def test_free_mail_says_nothing():
    ours, theirs = who("Xanten Optik", email="a@gmx.de"), who("Xanten Optik", email="b@gmx.de")
    assert compare(ours, HERE, theirs, HERE, ANYWHERE).contact == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Anna Weber", True),
        ("Hans-Peter von Stein", True),
        ("Weber GmbH", False),
        ("Weber Metallbau", False),
        ("Haus 12", False),
    ],
)
def test_people_are_told_from_companies(name, expected):
    assert is_person(who(name)) == expected
