import ast

import jupytext
import pytest

from facecourse.kit import choose_profile, pick
from notebooks.build import sources

VALUES = {"smoke": 1, "quick": 2, "full": 3}


@pytest.mark.parametrize("profile", VALUES)
def test_each_profile_has_its_value(profile):
    assert pick(profile, **VALUES) == VALUES[profile]


def test_the_environment_decides_where_the_lesson_does_not(monkeypatch):
    monkeypatch.setenv("FACELIB_PROFILE", "full")
    assert pick(None, **VALUES) == 3
    assert pick("smoke", **VALUES) == 1
    monkeypatch.delenv("FACELIB_PROFILE")
    assert pick(None, **VALUES) == 2


def test_an_unknown_profile_is_refused(monkeypatch):
    monkeypatch.setenv("FACELIB_PROFILE", "fast")
    with pytest.raises(ValueError, match="smoke, quick, full, got 'fast'"):
        pick(None, **VALUES)
    with pytest.raises(ValueError, match="got 'turbo'"):
        choose_profile("turbo")


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.stem)
def test_a_lesson_finds_a_mistyped_profile_before_it_does_anything(source):
    cells = [cell.source for cell in jupytext.read(source).cells if cell.cell_type == "code"]
    statements = ast.parse(cells[cells.index("profile = None") + 1]).body
    first = next(s for s in statements if not isinstance(s, ast.Import | ast.ImportFrom))
    assert ast.unparse(first) == "profile = choose_profile(profile)"
