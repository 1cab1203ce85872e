"""A score is of the file and of people drawn for it; attempts are kept, and averaged."""

import dataclasses
import json

import pytest
import torch

from facecourse.lesson12_capstone import attempts, card, exercises, experiment, figures, scoring
from facecourse.lesson12_capstone.scoring import draw_seed, score_file
from facelib.compress import export
from facelib.measure import Interval
from facelib.models import FaceCNN, face_student
from facelib.models.faceresnet import SHAPE
from facelib.synth.people import PEOPLE

FEW = 30


@pytest.fixture(autouse=True)
def few_turns(monkeypatch):
    monkeypatch.setattr(scoring, "TURNS", 6)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return export(face_student(), tmp_path_factory.mktemp("files") / "student.onnx", SHAPE).path


@pytest.fixture
def found():
    two = Interval(2.0, 1.0, 3.0, 50)
    return scoring.Score(1000, two, two, Interval(0.1, 0.05, 0.2, 9), 7, 50, "ab" * 32)


def test_a_seed_and_a_file_give_one_score_but_for_the_time(student):
    first, again = (score_file(student, seed=PEOPLE["fresh"].first, people=FEW) for _ in "ab")
    assert dataclasses.replace(first, faster=again.faster) == again
    assert first.bytes == student.stat().st_size
    assert first.faster.low > 1.5


def test_each_draw_is_of_people_that_nothing_else_uses():
    seeds = {draw_seed() for _ in range(20)}
    fresh = PEOPLE["fresh"]
    assert len(seeds) > 15
    assert all(fresh.first <= seed < fresh.first + fresh.count for seed in seeds)


def test_who_learns_the_people_by_heart_gains_nothing_on_fresh_ones(tmp_path):
    seen = draw_seed()
    cheat = export(experiment.memorise(seen, FEW), tmp_path / "cheat.onnx", SHAPE).path
    assert score_file(cheat, seed=seen, people=FEW).lost.value <= 0
    assert score_file(cheat, people=FEW).lost.low > 50


def test_a_file_that_reads_no_such_faces_is_refused(tmp_path):
    wide = export(FaceCNN(2, 8, 3), tmp_path / "wide.onnx", (1, 56, 46)).path
    with pytest.raises(ValueError, match="reads images"):
        score_file(wide, people=FEW)
    with pytest.raises(FileNotFoundError):
        score_file(tmp_path / "none.onnx", people=FEW)


@pytest.fixture
def kept(monkeypatch, tmp_path):
    monkeypatch.setenv("FACELIB_PROGRESS", str(tmp_path))
    return tmp_path / "12" / "attempts"


def test_attempts_are_kept_averaged_over_their_scores_and_sorted(kept, found):
    assert attempts.list_attempts() == []
    lucky = dataclasses.replace(found, seed=8, people=150, lost=Interval(1.0, 0.5, 1.5, 150))
    better = dataclasses.replace(found, sha256="cd" * 32, lost=Interval(0.5, 0.1, 0.9, 50))
    for name, one in (("mine", found), ("mine, again", lucky), ("other", better)):
        path = attempts.keep_attempt(name, one)
    assert json.loads(path.read_text())["people"] == 50
    best, other = attempts.list_attempts()
    assert (best.name, best.lost, best.scores) == ("other", 0.5, 1)
    assert (other.lost, other.scores) == (1.25, 2), "three times as many people count threefold"
    for number, damaged in enumerate(("{", "[]", '{"sha256": "x", "name": "n"}')):
        (kept / f"{number}.json").write_text(damaged)
    assert len(attempts.list_attempts()) == 2
    with pytest.raises(ValueError, match="want a name"):
        attempts.keep_attempt(" ", found)


def test_a_card_holds_what_was_measured_and_refuses_gaps(found):
    words = {name: f"{name}: one two three four five six seven" for name in card.ASKED}
    text = card.write_card("My door", found, words)
    assert all(word in text for word in (*words.values(), "1,000 bytes", found.sha256, "10.0 %"))
    with pytest.raises(ValueError, match='"not for"'):
        card.write_card("My door", found, words | {"not for": "____ " * 9})


def test_a_budget_is_kept_by_the_worse_end_of_an_interval(found):
    budget = experiment.Budget(1000, 1.0, 3.0)
    assert experiment.keeps(found, budget)
    for harder in ({"bytes": 999}, {"faster": 1.1}, {"lost": 2}):
        assert not experiment.keeps(found, budget._replace(**harder))


def test_figures_say_what_they_show(monkeypatch, shell, kept, found):
    said = []
    monkeypatch.setattr(figures, "show", lambda figure, alt: said.append(alt))
    attempts.keep_attempt("mine", found)
    recipes = {"one": {"bytes": 5000, "lost": found.lost}}
    table = figures.draw_yours(recipes, attempts.list_attempts())
    assert table.rows[0][0] == "mine"
    assert "1 stored recipes" in said[0]
    row = {"width": "student", "pruned": 0.2, "rank": 48, "bits": 8, "bytes": 70_000}
    slider = figures.budget_slider({"rows": [row | {"0.1 %": found.lost}], "taught": {}})
    assert "1 of them keep" in said[-1]
    slider.children[1].value = 0
    assert "0 of them keep" in said[-1]


def test_the_checker_of_recipes_knows_what_cannot_be_shipped():
    outcome = exercises.mine.check({"budget": "card", "network": torch.nn.Linear(3, 2), "bits": 8})
    assert outcome.kind == "error"
    assert "can't be shipped" in outcome.message
