import ast

import pytest

from facecourse.kit import choose_profile, pick
from facecourse.learn import read_source
from notebooks.build import sources

VALUES = {"smoke": 1, "quick": 2, "full": 3}


def test_the_environment_decides_where_the_lesson_does_not(monkeypatch):
    assert [pick(profile, **VALUES) for profile in (None, *VALUES)] == [2, 1, 2, 3]
    monkeypatch.setenv("FACELIB_PROFILE", "full")
    assert [pick(profile, **VALUES) for profile in (None, "smoke")] == [3, 1]


def test_an_unknown_profile_is_refused(monkeypatch):
    monkeypatch.setenv("FACELIB_PROFILE", "fast")
    with pytest.raises(ValueError, match="smoke, quick, full, got 'fast'"):
        pick(None, **VALUES)
    with pytest.raises(ValueError, match="got 'turbo'"):
        choose_profile("turbo")


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.stem)
def test_a_lesson_finds_a_mistyped_profile_before_it_does_anything(source):
    cells = [cell.source for cell in read_source(source).cells if cell.cell_type == "code"]
    statements = ast.parse(cells[cells.index("profile = None") + 1]).body
    first = next(s for s in statements if not isinstance(s, ast.Import | ast.ImportFrom))
    assert ast.unparse(first) == "profile = choose_profile(profile)"
