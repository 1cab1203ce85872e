"""The article's case, as small as it still learns."""

import pytest
import torch

from facecourse.lesson07_pruning.case import Case, Vgg, done
from facelib.measure import parameters


def test_the_network_is_vgg16s_convolutions():
    # Known for torchvision's: 14.7 million weights in the convolutions, here of grey images and
    # with a scale and a shift for each of 4,224 channels.
    head = 512 * 10 + 10
    assert parameters(Vgg(10)) == 14_714_688 - 2 * 64 * 9 + 2 * 4224 + head


def test_it_is_trained_pruned_and_trained_on():
    torch.set_num_threads(1)
    table = done(Case(divided=8, people=5, images=20, epochs=18, round_to=1))
    whole, pruned, again, pruned_again, difference = table.rows
    assert [row[0] for row in table.rows] == [
        "whole", "pruned", "whole, trained on", "pruned, trained on",
        "pruned - whole, both trained on",
    ]  # fmt: skip
    assert float(pruned[2].split()[0]) <= 0.5 * float(whole[2].split()[0])
    assert whole[2] == again[2]
    assert pruned[2] == pruned_again[2]
    assert min(float(row[3].split()[0]) for row in (whole, again)) > 2 / 5
    ends = [float(row[3].split()[0]) for row in (pruned_again, again, difference)]
    assert ends[0] - ends[1] == pytest.approx(ends[2], abs=2e-3)
