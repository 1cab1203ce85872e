"""The evidence of lesson 04 at its smallest: every source and method is there, paired by split."""

from functools import partial

import pytest
import torch

from facecourse.kit import evidence, transfer
from facecourse.kit.scoreboard import Scoreboard
from facecourse.lesson04_transfer import evidence as lesson04
from facecourse.lesson04_transfer import experiment as around
from facelib.models import FaceResNet


@pytest.fixture
def small_networks(monkeypatch):
    def network(*_, **__):
        torch.manual_seed(0)
        return FaceResNet(2, 8).eval()

    monkeypatch.setattr(transfer, "SOURCES", dict.fromkeys(transfer.SOURCES, network))
    monkeypatch.setattr(lesson04, "face_embedding", network)
    monkeypatch.setattr(lesson04, "efficientnet_lite0", network)
    monkeypatch.setattr(lesson04, "rows", list)
    monkeypatch.setattr(around, "render_labelled", partial(around.render_labelled, people=30))


@pytest.mark.evidence
@pytest.mark.usefixtures("small_networks")
def test_the_evidence_of_lesson_04_has_every_person_of_every_split(measure, monkeypatch):
    monkeypatch.setattr(lesson04, "by_description", dict)
    settings = {"SEEDS": {1: (0, 1), 2: (0,)}, "FEW": (0,), "CHOICES": (100,)}
    stored = measure(lesson04, STEPS=1, FEW_STEPS=1, **settings)
    for source, methods in stored["top-1"]["1"].items():
        for method, shifts in methods.items():
            if source != "ImageNet" or method in ("nearest", "frozen"):
                assert {len(runs) for runs in shifts.values()} == {2}
                assert {len(shares) for runs in shifts.values() for shares in runs} == {20}
            shifted = (source, method) in lesson04.SHIFTED
            assert list(shifts) == (list(around.SHIFTS) if shifted else ["as they are"])
    tasks = stored["wrong tasks"]
    assert all(0 < share <= 1 for task in ("who", "how") for share in tasks[task]["own task"])
    assert {len(runs) for task in tasks.values() for runs in task.values()} == {2}


def test_the_stored_board_has_both_sources_once():
    board = Scoreboard.load(lesson04.evidence.BOARD)
    rows = [row.method for row in board.rows if row.lesson == "04"]
    assert rows == ["ImageNet network, 6 stages", "face embedding, synthetic people"]


def test_the_rates_in_use_are_the_best_of_those_stored():
    for arm, tried in evidence.read("evidence", lesson04.HERE)["choices"].items():
        source, method = arm.split(", ", 1)
        best = max(map(sum, tried.values()))
        used = transfer.RATES.get((source, method), transfer.RATE)
        assert sum(tried[f"{used:g}"]) == best
