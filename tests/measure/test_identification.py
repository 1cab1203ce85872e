"""Identification against nearest neighbours by hand and scikit-learn's own answers."""

from __future__ import annotations

import pytest
import torch
from sklearn import metrics
from sklearn.neighbors import KNeighborsClassifier

from facelib.measure import identification_report, identify, similarity


@pytest.fixture
def faces() -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    person = torch.arange(8).repeat_interleave(5) + 3  # labels that do not start at 0
    centre = torch.randn(8, 6, generator=generator)
    embeddings = centre[person - 3] + 0.9 * torch.randn(40, 6, generator=generator)
    enrolled = torch.arange(40) % 5 < 2
    return embeddings[~enrolled], embeddings[enrolled], person[enrolled]


def test_similarity_is_the_cosine_and_who_is_nearest_is_identified(faces):
    probe, gallery, person = faces
    expected = metrics.pairwise.cosine_similarity(probe, gallery)
    assert similarity(7 * probe, gallery).numpy() == pytest.approx(expected, abs=1e-5)
    neighbour = KNeighborsClassifier(1, metric="cosine").fit(gallery.numpy(), person.numpy())
    found = identify(probe, gallery, person)
    assert found.tolist() == neighbour.predict(probe.numpy()).tolist()
    assert found.dtype == torch.int64


def test_embeddings_that_do_not_fit_are_refused(faces):
    probe, gallery, person = faces
    with pytest.raises(ValueError, match=r"one length D, got \(24, 6\) and \(16, 5\)"):
        similarity(probe, gallery[:, 1:])
    with pytest.raises(ValueError, match=r"gallery embeddings are not finite in rows \[3\]"):
        similarity(probe, gallery.index_fill(0, torch.tensor(3), torch.nan))
    with pytest.raises(ValueError, match=r"at least 1 gallery image, got \(15,\) for \(16, 6\)"):
        identify(probe, gallery, person[1:])
    with pytest.raises(ValueError, match="at least 1 gallery image"):
        identify(probe, gallery[:0], person[:0])


TRUTH = torch.tensor([0, 0, 0, 1, 1, 2])
SAID = torch.tensor([0, 0, 1, 1, 1, 1])
NAMES = ("ann", "b<b", "cem", "dia")


def test_the_report_has_precision_recall_and_f1_of_the_people_recognised_worst():
    assert identification_report(TRUTH, SAID, NAMES).rows == [
        ["cem", "-", "0.000", "0.000"],
        ["b<b", "0.500", "1.000", "0.667"],
        ["ann", "1.000", "0.667", "0.800"],
        ["mean of 3 people", "0.750", "0.556", "0.489"],
        ["accuracy, 6 images", "", "", "0.667"],
    ]


def test_a_person_without_images_who_was_called_does_not_count_in_the_average():
    report = identification_report(torch.tensor([0, 0, 1]), torch.tensor([0, 3, 1]), NAMES)
    assert [row[0] for row in report.rows[:2]] == ["ann", "b<b"]
    assert report.rows[2] == ["mean of 2 people", "1.000", "0.750", "0.833"]


def test_of_many_people_the_report_names_five():
    person = torch.arange(9)
    report = identification_report(person, person.clamp(max=6), tuple("abcdefghi"))
    assert [row[0] for row in report.rows[:-2]] == ["h", "i", "g", "a", "b"]


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
