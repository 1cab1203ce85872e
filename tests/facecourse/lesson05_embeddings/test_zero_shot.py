"""The zero-shot evidence: nothing is chosen on what is reported, or learnt from it."""

import numpy as np
import pytest
import torch

from facecourse.kit import protocol
from facecourse.lesson05_embeddings import scraped, zero_shot
from facelib.data import LFW, FaceSet, Pairs
from facelib.models.classical import BASELINES

FOLDS = torch.arange(6) // 2  # 3 folds of 2 pairs
PAIRS = Pairs(torch.arange(0, 12, 2), torch.arange(1, 12, 2), torch.arange(6) % 2 == 0)


def test_the_choice_is_made_on_the_open_people_only():
    seen = []

    def recogniser(images):
        seen.append(images)
        return torch.nn.functional.normalize(images.flatten(1).float())

    best, _, scores = zero_shot.choose({"a": recogniser, "b": recogniser})
    assert best == "a"
    assert scores["a"] == scores["b"]
    assert all(torch.equal(images, protocol.open_people().images) for images in seen)


def test_a_tall_image_is_cropped_to_its_middle_squeezed_or_padded_at_its_sides(monkeypatch):
    monkeypatch.setattr(zero_shot, "embed", lambda model, images, flip: images)
    tall = torch.zeros(1, 1, 112, 92, dtype=torch.uint8)
    tall[:, :, :10] = 255
    tall[:, :, 10:, 20:72] = 100
    squares = {square: zero_shot.ours(square)(tall) for square in zero_shot.SQUARE}
    assert {name: int(image.max()) for name, image in squares.items()} == {
        "squeezed": 255, "cropped": 100, "padded": 255,
    }  # fmt: skip
    assert all(image.shape == (1, 1, 64, 64) for image in squares.values())
    wide = {name: int((image[0, 0, 40] > 50).sum()) for name, image in squares.items()}
    assert wide == {"squeezed": 36, "cropped": 36, "padded": 30}, "52 of 92 columns, of 112"


@pytest.fixture
def tiny_lfw(monkeypatch):
    """60 images of 30 people, 30 pairs in ten folds; a person's two images differ by noise."""
    generator = torch.Generator().manual_seed(0)
    base = torch.randint(200, (30, 3, 112, 112), generator=generator).repeat_interleave(2, 0)
    images = (base + torch.randint(55, base.shape, generator=generator)).byte()
    same, left = torch.arange(30) % 2 == 0, torch.arange(30) * 2
    pairs = Pairs(left, torch.where(same, left + 1, (left + 2) % 60), same)
    faces = FaceSet(images, torch.arange(30).repeat_interleave(2), tuple(map(str, range(30))))
    for module in (zero_shot, scraped):
        monkeypatch.setattr(module, "lfw", lambda: LFW(faces, pairs, torch.arange(30) // 3))


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, (12, 1, 32, 32), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize("name", ["pixels", "eigenfaces"])
def test_a_model_never_learns_from_the_fold_it_is_tested_on(images, name):
    changed = images.clone()
    changed[:4] = 255 - changed[:4] // 2  # the images of fold 0
    before, after = (
        zero_shot.score_folds(BASELINES[name], given, PAIRS, FOLDS) for given in (images, changed)
    )
    assert before.shape == (3, 6)
    np.testing.assert_allclose(before[0, 2:], after[0, 2:], atol=1e-5)  # the model without fold 0
    assert (before[1:, 2:] - after[1:, 2:]).abs().max() > 0.01  # the others learned from it


def test_a_baseline_that_learns_nothing_scores_every_fold_by_the_same_cosine(images):
    rows = zero_shot.score_folds(BASELINES["LBP"], images, PAIRS, FOLDS)
    described = torch.from_numpy(BASELINES["LBP"]()[0].transform(images))
    cosine = torch.cosine_similarity(described[PAIRS.left], described[PAIRS.right])
    np.testing.assert_allclose(rows, cosine.expand(3, -1), atol=1e-5)


@pytest.mark.evidence
@pytest.mark.usefixtures("tiny_lfw")
def test_every_method_is_compared_with_ours_over_people_and_over_folds(measure):
    stored = measure("lesson05_embeddings.zero_shot", STAGES=(1,), SIDES=(32,))
    assert stored["chosen on s1-s20"]["EfficientNet-Lite0"] == "1 stages, 32 px, padded"
    assert stored["ORL s21-s40"]["pixels"]["ours minus this"]["AUC"]["n"] == 20
    assert len(stored["LFW"]["pixels"]["fold_accuracy"]) == 10
    assert stored["LFW"]["EfficientNet-Lite0"]["ours minus this"]["of"] == "folds"


@pytest.mark.evidence
@pytest.mark.usefixtures("tiny_lfw")
def test_a_network_of_scraped_photographs_is_read_as_ours_is(measure, monkeypatch):
    class Pixels:
        def __call__(self, images):
            return torch.nn.functional.normalize(images[:, 0].flatten(1).float() - 128)

    monkeypatch.setattr(scraped, "Dlib", Pixels)
    stored = measure("lesson05_embeddings.scraped")
    assert stored["LFW"]["dlib"]["value"] == 1, "a person's two images differ by little"
    for metric, found in stored["ORL s21-s40"]["dlib minus ours"].items():
        pair = (stored["ORL s21-s40"][name][metric]["value"] for name in ("dlib", "ours"))
        assert found["value"] == pytest.approx(next(pair) - next(pair))


def test_centring_takes_away_what_the_known_have_in_common_and_nobody_reported_has():
    generator = torch.Generator().manual_seed(0)
    common = torch.randn(8, generator=generator)
    known, new = (torch.randn(50, 8, generator=generator) + 5 * common for _ in range(2))
    found = zero_shot.centre(new, known)
    assert torch.allclose(found.norm(dim=1), torch.ones(50))
    assert found.mean(0).norm() < 0.3
    pairs = Pairs(torch.arange(0, 50, 2), torch.arange(1, 50, 2), torch.arange(25) % 2 == 0)
    scores = zero_shot.score_centred(new, pairs, torch.arange(25) // 5)
    others = new[10:]  # the first fold's ten images are left out
    left, right = (zero_shot.centre(new[side], others) for side in (pairs.left, pairs.right))
    torch.testing.assert_close(scores[0], (left * right).sum(1))
    assert scores.shape == (5, 25)
