"""What fit() is compared with computes the same, and the file that is written."""

import pytest
import torch

from benchmarks import trainers
from facecourse.kit import evidence
from facelib.data import Augment, orl, resize


def test_the_usual_way_gives_batches_of_the_same_kind(tmp_path):
    faces = orl().map(lambda images: resize(images, 28, 23))
    trainers.write_pngs(faces, tmp_path)
    torch.manual_seed(0)
    images, person = next(iter(trainers.loader(tmp_path, 0)))
    ours = Augment()(faces.images, torch.Generator().manual_seed(0))
    assert images.shape == (trainers.BATCH, *ours.shape[1:])
    assert images.dtype == ours.dtype
    assert person.dtype == faces.person.dtype
    assert float(images.mean()) == pytest.approx(float(ours.mean()), abs=0.05)
    assert float(images.std()) == pytest.approx(float(ours.std()), abs=0.05)


def test_every_way_is_timed_beside_fit_and_said_to_learn_the_same(tmp_path, monkeypatch):
    loops = {"bare loop": trainers.bare}
    small = {"PAIRS": 6, "EPOCHS": 2, "SIZE": (16, 16), "WORKERS": (0, 1), "LOOPS": loops}
    for name, value in small.items():
        monkeypatch.setattr(trainers, name, value)
    trainers.main(tmp_path)
    stored = evidence.read("trainers", tmp_path)
    loop, alone, *usual = stored["rows"]
    assert (loop["name"], loop["weights_differ_by"]) == ("bare loop", 0)
    assert alone["name"] == "computing alone"
    assert [(row["workers"], row["threads"]) for row in usual] == [(0, 1), (1, 1)]
    for row in stored["rows"]:
        assert 0 < row["time_over_fit"]["low"] <= row["time_over_fit"]["high"]
