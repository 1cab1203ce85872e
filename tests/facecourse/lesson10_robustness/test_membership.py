"""Membership inference of lesson 10."""

import pytest
import torch
from facecourse.lesson10_harm import figures, imbalance, membership
from torch import nn

from facelib.data import FaceSet


def test_lower_losses_are_taken_for_members():
    low, high = torch.linspace(0, 1, 40), torch.linspace(2, 3, 40)
    assert membership.attack_members(low, high).auc == 1
    assert membership.attack_members(high, low).auc == 0
    assert membership.attack_members(low, low).auc == pytest.approx(0.5)
    assert membership.attack_members(torch.cat([low, high]), high).tar_at(0.05) == pytest.approx(
        0.5, abs=0.03
    )


def test_losses_that_float32_calls_zero_still_differ():
    """The network is certain of person 0, the more so the brighter an image is."""
    sure = nn.Sequential(nn.Flatten(), nn.Linear(64, 2, bias=False))
    nn.init.constant_(sure[1].weight, 0)
    nn.init.constant_(sure[1].weight[0], 100 / 64)
    images = torch.tensor([50, 60, 80], dtype=torch.uint8)[:, None, None, None].expand(3, 1, 8, 8)
    faces = FaceSet(images, torch.zeros(3, dtype=torch.int64), ("a", "b"))
    found = membership.measure_losses(sure, faces)
    assert found.dtype == torch.float64
    assert 1e-7 > found[0] > found[1] > found[2] > 0


def test_members_are_found_without_remedies_and_hidden_by_augmentation():
    bare, augmented = (
        membership.run_attack(remedy, 100, epochs=16) for remedy in ("none", "augmentation")
    )
    assert bare["AUC"] > augmented["AUC"] + 0.1
    assert bare["found at 5 % FAR"] > augmented["found at 5 % FAR"]
    assert augmented["top-1"] > 0.5


def test_the_same_seed_gives_the_same_network():
    train, _ = imbalance.split_at_32(1, 0)
    remedy = "all three, a third as long"
    first, second = (membership.train_with_remedy(remedy, train, 0, epochs=3) for _ in range(2))
    assert torch.equal(first.head.weight, second.head.weight)


def test_an_unknown_remedy_is_refused():
    with pytest.raises(ValueError, match="'prayer'"):
        membership.train_with_remedy("prayer", imbalance.split_at_32(1, 0)[0], 0)


def test_a_figure_of_losses_says_where_their_medians_are(capsys):
    table = figures.draw_losses(torch.full((5,), 0.01), torch.full((5,), 2.0))
    assert "1.0e-02 and 2.0e+00" in capsys.readouterr().out
    assert [row[2] for row in table.rows] == ["1.0e-02", "2.0e+00"]
