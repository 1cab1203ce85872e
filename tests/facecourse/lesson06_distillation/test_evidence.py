"""The evidence of lesson 06 at its smallest: every way to learn."""

import pytest
import torch

from facecourse.lesson06_distillation import evidence, experiment
from facelib.models import FaceCNN


@pytest.mark.evidence
def test_every_person_has_a_share_in_each_split_whoever_teaches(measure, monkeypatch):
    monkeypatch.setattr(experiment, "train_teacher", lambda *_: FaceCNN(2, 8, 20).eval())
    stored = measure(evidence, SEEDS=(0, 1), CHOICES=(100,), STEPS=2)
    rates = stored["rates"]
    assert set(rates["best"].values()) <= set(evidence.RATES)
    asked = set(stored["names"]) - {"teacher"}
    assert set(rates["best"]) == set(rates["tried"]) == asked
    assert all(len(each) == len(evidence.RATES) for each in rates["tried"].values())
    assert {"teacher", "names", f"asked, {experiment.MORE}"} < set(stored["names"])
    for shares in stored["names"].values():
        assert [len(split) for split in shares] == [20, 20]
        assert all(0 <= share <= 1 for split in shares for share in split)


def test_a_batch_is_drawn_once_whoever_asks_for_it():
    drawn = []

    class Counted:
        images_each = 1

        def __call__(self, n, generator, device):
            drawn.append(n)
            return torch.rand(n, generator=generator), n

    faces = evidence.Remembered(Counted())
    batches = [
        faces(4, torch.Generator().manual_seed(seed), torch.device("cpu"))[0] for seed in (1, 1, 2)
    ]
    assert torch.equal(batches[0], batches[1])
    assert not torch.equal(batches[0], batches[2])
    assert len(drawn) == 2
