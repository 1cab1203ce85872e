"""Streamed rates against exact ones: never further off than the error they state."""

from __future__ import annotations

import pytest
import torch

from facelib.measure import ScoreHistogram, Verification, histogram, stream_pairs, verify_all


def faces(people: int = 30, images: int = 6, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    person = torch.arange(people).repeat_interleave(images)
    centre = torch.randn(people, 16, generator=generator)
    noise = torch.randn(people * images, 16, generator=generator)
    return 2.5 * (centre[person] + noise), person  # not of unit length


@pytest.mark.parametrize("bins", [4, 64, 2**16])
@pytest.mark.parametrize("seed", range(5))
def test_every_measure_is_as_near_to_the_exact_one_as_its_bins_are_narrow(bins, seed):
    embeddings, person = faces(seed=seed)
    exact, binned = verify_all(embeddings, person), stream_pairs(embeddings, person, bins)
    assert isinstance(exact, Verification)
    assert (binned.genuine, binned.impostor) == (exact.genuine, exact.impostor)
    impostor, genuine = binned.counts.double()
    in_one_bin = float(impostor @ genuine / (impostor.sum() * genuine.sum()))
    assert abs(binned.auc - exact.auc) <= in_one_bin / 2 + 1e-12
    far, tar, _ = binned.roc()
    crossing = int(torch.searchsorted(far + tar - 1, 0.0))
    low, high = (
        sorted([far[crossing - 1], 1 - tar[crossing]])[1],
        min(far[crossing], 1 - tar[crossing - 1]),
    )
    assert low - 1e-12 <= exact.eer <= high + 1e-12
    for wanted in (0.001, 0.01, 0.1, 1.0):
        low = binned.tar_at(wanted)
        step = (far <= wanted + 1e-12).sum()
        assert low - 1e-12 <= exact.tar_at(wanted) <= tar[min(step, bins)] + 1e-12
        assert exact.far_at(binned.threshold_at(wanted)) <= wanted


def test_counts_at_bin_edges_are_those_of_the_decision_rule():
    edges = torch.tensor([-0.75, -0.25, 0.25, 0.75])
    below = torch.nextafter(edges, torch.tensor(-2.0))
    binned = ScoreHistogram(bins=8)
    binned.update(edges, torch.tensor([True] * 4))
    binned.update(below, torch.tensor([False] * 4))
    assert binned.counts.tolist() == [[1, 0] * 4, [0, 1] * 4]
    assert (binned.frr_at(0.75), binned.far_at(0.75)) == (0.75, 0)
    assert binned.far_at(-0.6) == 0.75  # as at the edge above, -0.5


def test_streaming_in_blocks_counts_each_pair_once(monkeypatch):
    embeddings, person = faces()
    whole = stream_pairs(embeddings, person)
    monkeypatch.setattr(histogram, "BLOCK", 1000)  # 5 rows at a time
    blocks = stream_pairs(embeddings, person)
    monkeypatch.setattr(histogram, "BLOCK", 1)  # less than a row
    rows = stream_pairs(embeddings, person)
    assert whole.genuine + whole.impostor == 180 * 179 // 2
    # other block shapes may round a cosine over an edge
    for other in (blocks, rows):
        assert torch.equal(other.counts.sum(1), whole.counts.sum(1))
        assert other.auc == pytest.approx(whole.auc, abs=1e-6)


def test_scores_outside_by_rounding_count_in_the_outermost_bins():
    binned = ScoreHistogram(bins=4)
    binned.update(torch.tensor([1.0000001, 1.0, -1.0000001]), torch.tensor([True, True, False]))
    assert binned.counts.tolist() == [[1, 0, 0, 0], [0, 0, 0, 2]]


@pytest.mark.parametrize(
    ("scores", "same", "message"),
    [
        ([0.1, float("nan")], [True, False], "got nan"),
        ([0.1, 7.5], [True, False], "got 0.1 to 7.5"),
        ([0.1, -1.5], [True, False], "got -1.5"),
        ([0.1, 0.2], [True], r"\(2,\)"),
        ([0.1, 0.2], [1, 0], "torch.int64"),
    ],
)
def test_scores_that_do_not_fit_are_refused_and_not_counted(scores, same, message):
    binned = ScoreHistogram()
    with pytest.raises(ValueError, match=message):
        binned.update(torch.tensor(scores), torch.tensor(same))
    assert binned.counts.sum() == 0


def test_an_empty_histogram_shows_itself_but_has_no_rates():
    binned = ScoreHistogram(bins=4)
    binned.update(torch.zeros(0), torch.zeros(0, dtype=torch.bool))
    assert repr(binned) == "ScoreHistogram(0 genuine, 0 impostor pairs)"
    with pytest.raises(ValueError, match="0 genuine and 0 impostor"):
        binned.roc()


@pytest.mark.parametrize("arguments", [{"bins": 0}, {"low": 1, "high": 1}])
def test_a_histogram_without_bins_or_range_is_refused(arguments):
    with pytest.raises(ValueError, match="bins >= 1 and low < high"):
        ScoreHistogram(**arguments)


def test_all_pairs_are_streamed_once_they_are_too_many_to_sort(monkeypatch):
    embeddings, person = faces()
    monkeypatch.setattr(histogram, "EXACT_PAIRS", 180 * 179 // 2 - 1)
    streamed = verify_all(embeddings, person)
    assert isinstance(streamed, ScoreHistogram)
    assert torch.equal(streamed.counts, stream_pairs(embeddings, person).counts)


def test_embeddings_and_labels_that_do_not_fit_are_refused():
    embeddings, person = faces()
    with pytest.raises(ValueError, match=r"\(180, 16\) and \(179,\)"):
        stream_pairs(embeddings, person[1:])
    with pytest.raises(ValueError, match="nan"):
        stream_pairs(embeddings.index_fill(0, torch.tensor(7), torch.nan), person)
    with pytest.raises(ValueError, match=r"\(180, 16\) and \(179,\)"):
        verify_all(embeddings, person[1:])
