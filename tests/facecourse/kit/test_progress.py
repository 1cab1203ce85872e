"""A learner's progress is kept, and no state of the disk can break a lesson."""

from __future__ import annotations

import json
import stat

import pytest

from facecourse.kit import progress
from facecourse.kit.checkers import number
from facecourse.kit.exercise import Exercise, ____, collect


@pytest.fixture
def exercise():
    (asked,) = collect("07", Exercise("sum", "2 + 3?", "a = ____", (), "a = 5", number(5), (4,)))
    return asked


def test_what_was_solved_once_stays_solved(exercise):
    assert progress.read("07") == {}
    exercise.check(____)
    assert progress.read("07") == {}
    exercise.check(4)
    assert progress.read("07") == {"sum": False}
    exercise.check(5)
    exercise.check(4)
    assert progress.read("07") == {"sum": True}
    assert progress.read("08") == {}


def test_each_lesson_has_a_file_in_the_folder_of_the_learners_choice(exercise):
    exercise.check(5)
    assert [path.name for path in progress.folder().iterdir()] == ["07.json"]


def test_without_a_choice_the_folder_is_in_the_learners_home(monkeypatch):
    monkeypatch.delenv("FACELIB_PROGRESS")
    assert progress.folder().parts[-2:] == (".facelib", "progress")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"format": 1}', b'{"format": 1, "solved": [1]}', b"\xff\xfe",
     b"[" * 200_000, b'{"format":' * 200_000,
     b'{"format": 0, "solved": {"sum": true}}', b'{"format": 99, "done": "all"}'],
)  # fmt: skip
def test_a_corrupt_or_old_file_is_set_aside_and_never_breaks_a_lesson(exercise, content):
    path = progress.folder() / "07.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert progress.read("07") == {}
    assert exercise.check(5).kind == "correct"
    assert progress.read("07") == {"sum": True}
    assert path.with_name("07.json.unreadable").read_bytes() == content


def test_a_folder_in_place_of_the_file_only_warns(exercise):
    (progress.folder() / "07.json" / "sub").mkdir(parents=True)
    (progress.folder() / "07.json.unreadable").write_text("taken")
    with pytest.warns(UserWarning, match="your progress was not saved"):
        assert exercise.check(5).kind == "correct"


def test_a_disk_that_refuses_is_a_warning(exercise, monkeypatch):
    def refuse(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(progress.files, "write", refuse)
    with pytest.warns(UserWarning, match="No space left on device.*works without it"):
        assert exercise.check(5).kind == "correct"


def test_the_file_holds_names_and_truth_values_only(exercise):
    exercise.check(4)
    text = (progress.folder() / "07.json").read_text()
    assert json.loads(text) == {"format": 1, "solved": {"sum": False}}
    assert stat.S_ISREG((progress.folder() / "07.json").stat().st_mode)


def test_an_empty_record_is_no_unreadable_one(exercise):
    progress.folder().mkdir(parents=True)
    (progress.folder() / "07.json").write_text('{"format": 1, "solved": {}}')
    exercise.check(5)
    assert [path.name for path in progress.folder().iterdir()] == ["07.json"]


def test_a_learner_without_a_home_is_only_warned(exercise, monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("FACELIB_PROGRESS")
    monkeypatch.setattr(progress.Path, "home", homeless)
    with pytest.warns(UserWarning, match="home directory"):
        assert exercise.check(5).kind == "correct"
