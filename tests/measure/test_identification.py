"""Identification against nearest neighbours by hand and scikit-learn's own answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn import metrics
from sklearn.neighbors import KNeighborsClassifier

from facelib.measure import cmc, identification_report, identify, similarity, true_rank


@pytest.fixture
def faces() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    person = torch.arange(8).repeat_interleave(5) + 3  # labels that do not start at 0
    centre = torch.randn(8, 6, generator=generator)
    embeddings = centre[person - 3] + 0.9 * torch.randn(40, 6, generator=generator)
    enrolled = torch.arange(40) % 5 < 2
    return {
        "probe": embeddings[~enrolled],
        "probe_person": person[~enrolled],
        "gallery": embeddings[enrolled],
        "gallery_person": person[enrolled],
    }


def test_similarity_is_the_cosine(faces):
    expected = metrics.pairwise.cosine_similarity(faces["probe"], faces["gallery"])
    assert similarity(7 * faces["probe"], faces["gallery"]).numpy() == pytest.approx(
        expected, abs=1e-5
    )


def test_identify_is_scikit_learns_nearest_neighbour(faces):
    neighbour = KNeighborsClassifier(1, metric="cosine")
    neighbour.fit(faces["gallery"].numpy(), faces["gallery_person"].numpy())
    found = identify(faces["probe"], faces["gallery"], faces["gallery_person"])
    assert found.tolist() == neighbour.predict(faces["probe"].numpy()).tolist()
    assert found.dtype == torch.int64


def rank_by_hand(scores, own, gallery_person) -> int:
    best = {}
    for score, who in zip(scores, gallery_person, strict=True):
        best[who] = max(score, best.get(who, -math.inf))
    return 1 + sum(score >= best[own] for who, score in best.items() if who != own)


def test_the_rank_counts_the_people_who_score_at_least_as_high(faces):
    scores = (similarity(faces["probe"], faces["gallery"]) * 5).round()  # with ties
    found = true_rank(scores, faces["probe_person"], faces["gallery_person"])
    expected = [
        rank_by_hand(row, own, faces["gallery_person"].tolist())
        for row, own in zip(scores.tolist(), faces["probe_person"].tolist(), strict=True)
    ]
    assert found.tolist() == expected
    assert max(expected) > 1


def test_cmc_is_the_share_of_probes_within_each_rank(faces):
    scores = similarity(faces["probe"], faces["gallery"])
    curve = cmc(scores, faces["probe_person"], faces["gallery_person"], range(1, 9))
    hits = identify(faces["probe"], faces["gallery"], faces["gallery_person"])
    assert curve[1] == float((hits == faces["probe_person"]).double().mean())
    assert list(curve.values()) == sorted(curve.values())
    assert 0 < curve[1] < curve[8] == 1


def test_a_score_that_says_nothing_earns_the_last_rank(faces):
    constant = torch.zeros(24, 16)
    rank = true_rank(constant, faces["probe_person"], faces["gallery_person"])
    assert rank.tolist() == [8] * 24


def test_a_probe_of_somebody_not_enrolled_is_refused_by_label(faces):
    scores = similarity(faces["probe"], faces["gallery"])
    strangers = faces["probe_person"].masked_fill(faces["probe_person"] == 4, 99)
    with pytest.raises(ValueError, match=r"people \[99\] are probes but not enrolled"):
        true_rank(scores, strangers, faces["gallery_person"])


def test_scores_that_cannot_be_ranked_are_refused(faces):
    scores = similarity(faces["probe"], faces["gallery"])
    with pytest.raises(ValueError, match=r"want scores \(24, 16\).* got \(24, 15\)"):
        true_rank(scores[:, 1:], faces["probe_person"], faces["gallery_person"])
    scores[0, 0] = torch.nan
    with pytest.raises(ValueError, match="1 scores are NaN"):
        true_rank(scores, faces["probe_person"], faces["gallery_person"])


@pytest.mark.parametrize("ranks", [[0], [1, 9]])
def test_ranks_beyond_the_people_enrolled_are_refused(faces, ranks):
    scores = similarity(faces["probe"], faces["gallery"])
    with pytest.raises(ValueError, match=r"ranks must lie in 1..8"):
        cmc(scores, faces["probe_person"], faces["gallery_person"], ranks)


def test_embeddings_that_do_not_fit_are_refused(faces):
    with pytest.raises(ValueError, match=r"one length D, got \(24, 6\) and \(16, 5\)"):
        similarity(faces["probe"], faces["gallery"][:, 1:])
    broken = faces["gallery"].index_fill(0, torch.tensor(3), torch.nan)
    with pytest.raises(ValueError, match=r"gallery embeddings are not finite in rows \[3\]"):
        similarity(faces["probe"], broken)
    with pytest.raises(ValueError, match=r"at least 1 gallery image, got \(15,\) for \(16, 6\)"):
        identify(faces["probe"], faces["gallery"], faces["gallery_person"][1:])
    with pytest.raises(ValueError, match="at least 1 gallery image"):
        identify(faces["probe"], faces["gallery"][:0], faces["gallery_person"][:0])


TRUTH = torch.tensor([0, 0, 0, 1, 1, 2])
SAID = torch.tensor([0, 0, 1, 1, 1, 1])
NAMES = ("ann", "b<b", "cem", "dia")


def test_the_report_has_precision_recall_and_f1_of_each_person():
    report = identification_report(TRUTH, SAID, NAMES)
    assert report.accuracy == pytest.approx(4 / 6)
    np.testing.assert_allclose(report.precision, [1, 2 / 4, np.nan, np.nan])
    np.testing.assert_allclose(report.recall, [2 / 3, 1, 0, np.nan])
    np.testing.assert_allclose(report.f1, [4 / 5, 4 / 6, 0, np.nan])
    assert report.images.tolist() == [3, 2, 1, 0]
    assert report.macro_f1 == pytest.approx((4 / 5 + 4 / 6 + 0) / 3)
    assert report.confusion.tolist() == [[2, 1, 0, 0], [0, 2, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_a_person_without_images_who_was_called_does_not_count_in_the_average():
    report = identification_report(torch.tensor([0, 0, 1]), torch.tensor([0, 3, 1]), NAMES)
    assert report.precision[3] == report.f1[3] == 0
    assert report.macro_f1 == pytest.approx((2 / 3 + 1) / 2)
    assert report.worst() == [0, 1]


def test_the_report_names_who_is_recognised_worst_and_taken_for_whom():
    report = identification_report(TRUTH, SAID, NAMES)
    assert report.worst() == [2, 1, 0]
    assert report.mistakes() == [("ann", "b<b", 1), ("cem", "b<b", 1)]
    assert report.mistakes(1) == [("ann", "b<b", 1)]


def test_the_report_reads_as_text_and_as_escaped_html():
    report = identification_report(TRUTH, SAID, NAMES)
    text, page = repr(report), report._repr_html_()
    assert "accuracy 0.667, macro F1 0.489 (6 images of 3 people)" in text
    assert [line.split() for line in text.splitlines()][2] == ["cem", "-", "0.000", "0.000"]
    assert "b&lt;b" in page
    assert "b<b" not in page
    assert page.count("<tr>") == 4


@pytest.mark.parametrize(
    ("person", "predicted", "message"),
    [
        ([0, 1], [0], r"got \(1,\) for \(2,\)"),
        ([], [], "at least 1 image"),
        ([0, 4], [0, 1], r"0..3 \(4 names\), got 0..4"),
        ([0, 1], [0, -1], "got -1..1"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(person, predicted, message):
    person, predicted = (torch.tensor(p, dtype=torch.int64) for p in (person, predicted))
    with pytest.raises(ValueError, match=message):
        identification_report(person, predicted, NAMES)
