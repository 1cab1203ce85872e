"""The evidence of lesson 04 at its smallest: every arm is there, paired by split."""

from statistics import fmean

import pytest
import torch

from facecourse.kit import evidence, transfer
from facecourse.kit.scoreboard import Scoreboard
from facecourse.lesson04_transfer import evidence as lesson04
from facecourse.lesson04_transfer import experiment, figures
from facelib.models import FaceResNet


@pytest.fixture
def small_networks(monkeypatch):
    def build(*_, **__):
        torch.manual_seed(0)
        model = FaceResNet(2, 128).eval()
        model.mean, model.spread = torch.zeros(1), torch.ones(1)
        return model

    monkeypatch.setattr(transfer, "SOURCES", dict.fromkeys(transfer.SOURCES, build))
    replaced = (lesson04, "face_embedding"), (lesson04, "efficientnet_lite0")
    for module, name in (*replaced, (experiment, "FaceResNet")):
        monkeypatch.setattr(module, name, build)
    monkeypatch.setattr(experiment, "SIZES", dict.fromkeys(experiment.SIZES, experiment.orl.to_64))
    monkeypatch.setattr(experiment, "RATES", dict(experiment.RATES))
    monkeypatch.setattr(lesson04, "rows", list)


@pytest.mark.evidence
@pytest.mark.usefixtures("small_networks")
def test_the_evidence_of_lesson_04_has_every_person_of_every_split_and_all_that_is_drawn(
    measure, shown
):
    stored = measure(
        lesson04, SEEDS={1: (0, 1), 2: (0,), 5: (0,)}, HEADS=(0,), CHOICES=(100,), STEPS=2,
        LONGER=3, FEW_STEPS=1, WATCHED=(1, 2, 3),
    )  # fmt: skip
    for arm, splits in stored["top-1"]["1"].items():
        assert len(splits) == (1 if arm in ARMS_OF_FEW else 2), arm
        assert {len(shares) for shares in splits} == {20}
    assert list(stored["curves"]["1"]["from nothing"]) == ["1", "2", "3"]
    assert {len(values) for values in stored["functions"].values()} == {2}
    figures.draw_leads(stored)
    figures.depth_slider(stored["top-1"])
    figures.photographs_slider(stored)


ARMS_OF_FEW = {
    "ImageNet, full size, head", "ImageNet, full size, last third",
}  # fmt: skip


def test_the_stored_board_has_both_sources_once():
    board = Scoreboard.load(evidence.BOARD)
    rows = [row.method for row in board.rows if row.lesson == "04"]
    assert rows == ["ImageNet network, 6 stages", "face embedding, synthetic people"]


def test_the_settings_in_use_are_the_best_of_those_stored():
    tried = evidence.read("evidence", lesson04.HERE)["choices"]
    best = {arm: max(map(fmean, runs.values())) for arm, runs in tried.items()}
    for arm, rate in experiment.RATES.items():
        assert fmean(tried[arm][f"{rate:g}"]) == pytest.approx(best[arm]), arm
    assert fmean(tried["stages"]["6"]) == pytest.approx(best["stages"])
