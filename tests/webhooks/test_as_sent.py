"""A delivery as a line for a shell."""

import shlex

import pytest

from webhooks.delivery.endpoints import NotAllowed, checked_headers
from webhooks.delivery.pages.as_sent import MASK, curl


def test_a_name_of_a_header_runs_nothing_in_a_shell():
    words = shlex.split(curl("https://a.example/", {"X-`touch x`": MASK, "X-$(id)": "v"}, b"{}"))
    assert "X-`touch x`: $X__TOUCH_X_" in words
    line = curl("https://a.example/", {"X-`touch x`": MASK}, b"{}")
    assert "'X-`touch x`: '" in line  # in single quotes, where a shell runs nothing


@pytest.mark.parametrize("name", ["X-`id`", "X-$x", "X|y", "X_Ordinavo_Signature", "a b", ""])
def test_names_that_people_would_copy_into_a_shell_are_refused(name):
    with pytest.raises(NotAllowed):
        checked_headers({name: "v"})
