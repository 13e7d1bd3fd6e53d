"""By what a customer is found (customers.matching.blocks, phonetics)."""

import pytest

from customers.matching.blocks import customer_keys, hashed, place_keys
from customers.matching.identity import identity_of, place_of
from customers.matching.phonetics import sound


def keys(name, street="Hachestr. 12", postal="45127", city="Essen", **reached):
    identity = identity_of(
        name, phones=[reached.get("phone", "")], emails=[reached.get("email", "")], region="DE"
    )
    return {*customer_keys(identity), *place_keys(identity.words, place_of(street, postal, city))}


@pytest.mark.parametrize(
    ("name", "street", "postal", "city"),
    [
        ("Schmitt Metallbau", "Hachestr. 12", "45127", "Essen"),
        ("Metallbau Schmidt AG", "Kortumstr. 9", "20095", "Hamburg"),
        ("Schmidt", "Hachestr. 12", "45172", "Esen"),
        ("Schmidt Metallbau", "", "", ""),
        ("Xmidt Netallbau", "Hachestr. 12", "45127", "Essen"),
        ("Schmidt Metallbau", "", "", "Essen"),
    ],
)
def test_two_spellings_of_one_share_a_key(name, street, postal, city):
    assert keys("Schmidt Metallbau GmbH") & keys(name, street, postal, city)


def test_phone_and_own_domain_lead_to_it_whatever_its_name():
    reached = {"phone": "0201/471100", "email": "info@schmidt-metall.de"}
    one, other = (
        keys("Schmidt", **reached),
        keys("Vogt", "", "", "", phone="+49201471100", email="x@schmidt-metall.de"),
    )
    assert {key[0] for key in one & other} == {"t", "d"}


def test_strangers_share_none():
    assert not keys("Schmidt Metallbau GmbH") & keys("Vogt Druckerei GmbH", "Ringstr. 3", "20095", "Hamburg")


def test_tenants_do_not_share_keys():
    assert hashed(["p|1"], tenant_id=1) != hashed(["p|1"], tenant_id=2)


@pytest.mark.parametrize(
    "words", [("meier", "mayer", "maier"), ("schmidt", "schmitt"), ("mueller", "miller")]
)
def test_words_that_sound_alike(words):
    assert len({sound(word) for word in words}) == 1
