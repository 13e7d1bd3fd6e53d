"""Which of the scored candidates it is, by tables (customers.matching.choice)."""

import pytest

from customers.matching.choice import Scored, choose

DEFAULTS = {"link": 0.8, "review": 0.5, "margin": 0.05}


@pytest.mark.parametrize(
    ("scores", "kind"),
    [
        ((), "notFound"),
        ((0.49,), "notFound"),
        ((0.5,), "manualReview"),
        ((0.79,), "manualReview"),
        ((0.8,), "linked"),
        ((1.0,), "linked"),
        ((0.9, 0.85), "linked"),
        ((0.9, 0.86), "ambiguous"),
        ((0.9, 0.9), "ambiguous"),
        ((0.6, 0.58), "ambiguous"),
        # The second is no candidate by itself.
        ((0.52, 0.49), "manualReview"),
    ],
)
def test_scores_thresholds_and_margin_decide(scores, kind):
    choice = choose([Scored(n, score) for n, score in enumerate(scores, 1)], **DEFAULTS)
    assert (choice.kind, choice.index) == (kind, 0 if kind == "linked" else None)


def test_a_doubt_is_a_question_however_high_the_score():
    assert choose([Scored(1, 1.0, ("other_form",))], **DEFAULTS).kind == "manualReview"


def test_a_doubt_about_the_second_is_none_about_the_best():
    assert choose([Scored(1, 1.0), Scored(2, 0.7, ("other_form",))], **DEFAULTS).kind == "linked"


def test_a_score_that_was_rounded_when_it_was_kept_decides_the_same():
    assert choose([Scored(1, 0.80000001), Scored(2, 0.75)], **DEFAULTS).kind == "linked"


def test_no_margin_is_asked_for():
    assert choose([Scored(1, 0.9), Scored(2, 0.9)], link=0.8, review=0.5, margin=0.0).kind == "linked"


def test_every_kind_has_its_sentence():
    rules = {
        choose(scored, **DEFAULTS).rule
        for scored in (
            [],
            [Scored(1, 0.6)],
            [Scored(1, 0.9)],
            [Scored(1, 0.9), Scored(2, 0.9)],
            [Scored(1, 0.9, ("other_word",))],
        )
    }
    assert len(rules) == 5
