"""A text reads well as a page, as plain text, and where few characters can be printed."""

from __future__ import annotations

import pytest

from facecourse.kit.words import to_html, to_plain


@pytest.mark.parametrize(
    ("text", "page", "plain"),
    [
        ("*a phrase*, then", "<em>a phrase</em>, then", "a phrase, then"),
        ("2*3*4 and `a*b*c`", "2*3*4 and <code>a*b*c</code>", "2*3*4 and `a*b*c`"),
        ("a lone ` or *", "a lone ` or *", "a lone ` or *"),
    ],
)
def test_code_and_emphasis_are_marked_up_and_nothing_else(text, page, plain):
    assert (to_html(text), to_plain(text)) == (page, plain)


def test_half_a_character_harms_no_page():
    assert to_html("\ud800") == "?"
