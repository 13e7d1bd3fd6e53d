"""Two spellings of one name or address become one key (customers.normalisation)."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.normalisation import address_key, city_key, email_key, name_key, street_key, text_key

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
WORDS = st.text(alphabet="abcäöüßéÄÖÜ &.-123 ", max_size=40)
KEYS = (text_key, name_key, street_key, city_key, email_key)


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=100, deadline=None)
@given(text=TEXT)
def test_a_key_of_a_key_is_itself(key, text):
    assert key(key(text)) == key(text)


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=50, deadline=None)
@given(text=WORDS)
def test_case_and_composition_do_not_count(key, text):
    assert key(text.upper().lower()) == key(text.lower())
    assert key(text.upper()) == key(text)
    assert key(unicodedata.normalize("NFC", text)) == key(unicodedata.normalize("NFC", text) + " ")


@settings(max_examples=50, deadline=None)
@given(text=WORDS)
def test_decomposed_text_has_the_key_of_the_composed(text):
    decomposed = unicodedata.normalize("NFD", text)
    assert text_key(decomposed) == text_key(text)
    assert name_key(decomposed) == name_key(text)


@settings(max_examples=50, deadline=None)
@given(text=WORDS)
def test_umlauts_and_how_they_are_spelt_out_are_one(text):
    spelt = text
    for umlaut, letters in {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "Ä": "AE",
        "Ö": "OE",
        "Ü": "UE",
    }.items():
        spelt = spelt.replace(umlaut, letters)
    assert name_key(spelt) == name_key(text)


@settings(max_examples=100, deadline=None)
@given(street=TEXT, postal_code=TEXT, city=TEXT)
def test_an_address_key_fits_its_column_and_is_blank_without_a_street(street, postal_code, city):
    key = address_key(street, postal_code, city)
    assert len(key) <= 700
    assert (key == "") == (street_key(street) == "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hachestraße 12", "Hachestr. 12"),
        ("Hachestrasse 12", "HACHESTR 12"),
        ("Hachestr. 12 a", "Hachestraße 12A"),
        ("Rüttenscheider Str. 1", "Ruettenscheider Straße 1"),
        ("Kettwiger  Strasse 35", "Kettwiger Str. 35"),
        ("Am Markt 3", "am markt 3"),
    ],
)
def test_spellings_of_one_street(one, other):
    assert street_key(one) == street_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hachestr. 12", "Hachestr. 12a"),
        ("Hachestr. 1", "Hachestr. 11"),
        ("Hachestr. 12", "Hacheweg 12"),
        ("Hachestr. 1-2", "Hachestr. 12"),
        ("Stresemannstr. 1", "Stresemann 1"),
    ],
)
def test_two_streets_stay_two(one, other):
    assert street_key(one) != street_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller & Söhne", "Mueller und Soehne"),
        ("Café Noir", "cafe noir"),
        ("Dr. Groß-Meyer", "dr gross meyer"),
        ("ＡＢＣ Ltd", "abc ltd"),
    ],
)
def test_spellings_of_one_name(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("45127", "451 27"), ("45127", " 45127 ")])
def test_spaces_in_a_postal_code_do_not_count(one, other):
    assert address_key("Weg 1", one, "Essen") == address_key("Weg 1", other, "Essen")


def test_parts_of_an_address_do_not_run_into_each_other():
    assert address_key("Weg 1", "2", "Essen") != address_key("Weg 12", "", "Essen")


def test_an_email_is_compared_without_case_and_with_all_else():
    assert email_key(" Anna.Weber@Example.COM ") == "anna.weber@example.com"
    assert email_key("anna.weber@example.com") != email_key("annaweber@example.com")
