"""The legal form is a field of its own (customers.matching.legal_forms)."""

import pytest

from customers.matching.legal_forms import split_legal_form
from customers.normalisation import text_key


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Müller GmbH", "gmbh"),
        ("Müller G.m.b.H.", "gmbh"),
        ("Müller mbH", "gmbh"),
        ("Müller Ges.m.b.H.", "gmbh"),
        ("Müller Gesellschaft mit beschränkter Haftung", "gmbh"),
        ("Müller GmbH & Co. KG", "gmbh co kg"),
        ("Müller GmbH u. Co KG", "gmbh co kg"),
        ("Müller GmbH&Co.KG", "gmbh co kg"),
        ("Müller AG", "ag"),
        ("Müller e.K.", "ek"),
        ("Müller e. Kfm.", "ek"),
        ("Müller e.V.", "ev"),
        ("Müller KG", "kg"),
        ("Müller & Co. KG", "kg"),
        ("Müller OHG", "ohg"),
        ("Müller UG (haftungsbeschränkt)", "ug"),
        ("Müller gGmbH", "ggmbh"),
        ("Müller GbR", "gbr"),
        ("Müller eG", "eg"),
        ("Müller SE", "se"),
        ("Müller SE & Co. KGaA", "se co kgaa"),
        ("Müller PartG mbB", "partg"),
        ("Müller Ltd.", "ltd"),
        ("Müller Inc.", "inc"),
        ("Müller S.A.", "sa"),
        ("Müller B.V.", "bv"),
        ("Müller GmbH Niederlassung Essen", "gmbh"),
        ("Müller", ""),
    ],
)
def test_a_form_is_told_from_the_name(name, form):
    words, found = split_legal_form(text_key(name))
    assert (words[0], found) == ("mueller", form)


@pytest.mark.parametrize(
    "name", ["GmbH", "AG", "Paris Yu", "Hotel Spa", "Jean Co", "AG Bau Meier", "Eva Se Weber"]
)
def test_words_that_look_like_a_form_stay_words(name):
    assert split_legal_form(text_key(name)) == (tuple(text_key(name).split()), "")
