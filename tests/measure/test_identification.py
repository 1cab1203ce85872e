"""Identification against nearest neighbours by hand and scikit-learn's own answers."""

import pytest
import torch
from sklearn import metrics
from sklearn.neighbors import KNeighborsClassifier

from facelib.measure import identify, similarity


@pytest.fixture
def faces(crowd) -> tuple[torch.Tensor, ...]:
    embeddings, person = crowd(8, 5, 6)
    enrolled = torch.arange(40) % 5 < 2
    return embeddings[~enrolled], embeddings[enrolled], person[enrolled] + 3


def test_similarity_is_the_cosine_and_who_is_nearest_is_identified(faces):
    probe, gallery, person = faces
    expected = metrics.pairwise.cosine_similarity(probe, gallery)
    assert similarity(7 * probe, gallery).numpy() == pytest.approx(expected, abs=1e-5)
    neighbour = KNeighborsClassifier(1, metric="cosine").fit(gallery.numpy(), person.numpy())
    found = identify(probe, gallery, person)
    assert found.tolist() == neighbour.predict(probe.numpy()).tolist()
    assert found.dtype == torch.int64
    assert similarity(probe, probe).max() <= 1, "whatever rounding makes of a face and itself"


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
