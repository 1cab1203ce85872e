import io
import sys
from unittest.mock import Mock

from facecourse.kit import cards, load_lesson, progress
from notebooks.build import sources


def test_there_is_a_card_for_every_lesson():
    assert list(cards.CARDS) == [source.stem[:2] for source in sources()]


def test_a_slow_machine_waits_longer_for_training_and_a_small_one_is_told(monkeypatch, capsys):
    monkeypatch.setattr(cards, "training_speed", lambda: cards.REFERENCE / 2)
    monkeypatch.setattr(cards, "CARDS", {"00": cards.Card("Start", 10, 1.0, 0.5)})
    table = cards.cost_card()
    assert table.rows[0][:3] == ["00", "Start", "15 s"]
    said = capsys.readouterr().out
    assert sys.executable in said
    assert "images a second" in said
    machine = {"gpu": None, "cpu": "x", "cores": 2, "memory_bytes": 16e9}
    monkeypatch.setattr(cards, "describe", lambda: machine)
    assert cards.cost_card().rows[0][4] == "fits"
    machine["memory_bytes"] = 1.5e9
    assert cards.cost_card().rows[0][4] == "close other programs first"


def test_the_training_speed_is_measured():
    assert cards.training_speed(seconds=0.05) > 1


def test_the_progress_of_each_lesson_is_shown_and_questions_that_are_gone_are_not(capsys):
    asked = [exercise.name for exercise in load_lesson("01").EXERCISES]
    progress.note("01", asked[0], solved=True)
    progress.note("01", asked[1], solved=False)
    progress.note("01", "a question of last year", solved=True)
    first, second, *_ = cards.progress_card().rows
    assert first == ["00", "Start here", "0 of 1 solved", "○"]
    left = "○" * (len(asked) - 2)
    assert second == ["01", "Background", f"1 of {len(asked)} solved", f"●◐{left}"]
    assert str(progress.find_folder()) in capsys.readouterr().out


def test_the_card_is_drawn_without_a_home_and_on_a_console_of_few_characters(monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", console)
    monkeypatch.delenv("FACELIB_PROGRESS")
    monkeypatch.setattr(progress.Path, "home", Mock(side_effect=RuntimeError("no home")))
    print(cards.progress_card())
    console.seek(0)
    first, *_, last = console.read().splitlines()
    assert first == (
        "kept nowhere: there is no home folder here: set FACELIB_PROGRESS to a folder of yours"
    )
    assert last.endswith(" ....")
