"""The LFW baselines: what a fold's model may see."""

import numpy as np
import pytest
import torch

from facecourse.lesson05_embeddings import lfw_baselines
from facelib.data import Pairs
from facelib.models.classical import BASELINES

FOLDS = torch.arange(6) // 2  # 3 folds of 2 pairs
PAIRS = Pairs(torch.arange(0, 12, 2), torch.arange(1, 12, 2), torch.arange(6) % 2 == 0)


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, (12, 1, 32, 32), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize("name", ["pixels", "eigenfaces"])
def test_a_model_never_learns_from_the_fold_it_is_tested_on(images, name):
    changed = images.clone()
    changed[:4] = 255 - changed[:4] // 2  # the images of fold 0
    before, after = (
        lfw_baselines.score_folds(BASELINES[name], given, PAIRS, FOLDS)
        for given in (images, changed)
    )
    assert before.shape == (3, 6)
    np.testing.assert_allclose(before[0, 2:], after[0, 2:], atol=1e-5)  # the model without fold 0
    assert (before[1:, 2:] - after[1:, 2:]).abs().max() > 0.01  # the others learned from it


def test_a_baseline_that_learns_nothing_scores_every_fold_by_the_same_cosine(images):
    rows = lfw_baselines.score_folds(BASELINES["LBP"], images, PAIRS, FOLDS)
    described = torch.from_numpy(BASELINES["LBP"]()[0].transform(images))
    cosine = torch.cosine_similarity(described[PAIRS.left], described[PAIRS.right])
    np.testing.assert_allclose(rows, cosine.expand(3, -1), atol=1e-5)
