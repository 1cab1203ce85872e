"""The LFW baselines: what a fold's model may see, and the file they write."""

import numpy as np
import pytest
import torch
from PIL import Image

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


@pytest.mark.evidence
def test_nearly_equal_photographs_are_told_to_show_one_person(tmp_path, monkeypatch, measure):
    pixel, lines = np.random.default_rng(0), ["2\t2"]
    for fold in range(2):
        people = [f"Person_{fold}{letter}" for letter in "ab"]
        for name in people:
            (tmp_path / name).mkdir()
            face = Image.fromarray(pixel.integers(256, size=(8, 8, 3), dtype=np.uint8))
            for photo, size in ((1, 112), (2, 110)):
                image = face.resize((size, size)).resize((112, 112))
                image.save(tmp_path / name / f"{name}_{photo:04d}.jpg")
            lines.append(f"{name}\t1\t2")
        lines += [f"{people[0]}\t{photo}\t{people[1]}\t{photo}" for photo in (1, 2)]
    (tmp_path / "pairs.txt").write_text("\n".join(lines))
    monkeypatch.setenv("FACELIB_LFW", str(tmp_path))
    stored = measure(lfw_baselines, "lfw_baselines")
    assert stored["data"]["images"] == 8
    for row in stored["baselines"].values():
        assert len(row["fold_accuracy"]) == len(row["fold_threshold"]) == 2
        assert row["accuracy"]["value"] == pytest.approx(np.mean(row["fold_accuracy"]))
    assert stored["baselines"]["LBP"]["fold_accuracy"] == [1, 1]
