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
def test_every_measure_is_within_its_stated_error_of_the_exact_one(bins, seed):
    embeddings, person = faces(seed=seed)
    exact, binned = verify_all(embeddings, person), stream_pairs(embeddings, person, bins)
    assert isinstance(exact, Verification)
    assert (binned.genuine, binned.impostor) == (exact.genuine, exact.impostor)
    assert abs(binned.auc - exact.auc) <= binned.auc_error + 1e-12
    assert abs(binned.eer - exact.eer) <= binned.eer_error + 1e-12
    for far in (0.001, 0.01, 0.1, 1.0):
        low, error = binned.tar_at(far), binned.tar_error(far)
        assert low - 1e-12 <= exact.tar_at(far) <= low + error + 1e-12
        assert exact.far_at(binned.threshold_at(far)) <= far


def test_the_stated_error_shrinks_with_finer_bins_and_is_zero_where_exact():
    embeddings, person = faces()
    coarse, fine = stream_pairs(embeddings, person, 16), stream_pairs(embeddings, person, 2**16)
    assert coarse.auc_error > 0.01 > 1e-4 > fine.auc_error > 0
    assert coarse.eer_error > 0.01 > 1e-3 > fine.eer_error
    assert coarse.tar_error(0.01) > 0.05 > fine.tar_error(0.01)
    exact = verify_all(embeddings, person)
    assert (exact.auc_error, exact.eer_error, exact.tar_error(0.01)) == (0, 0, 0)


def test_the_stated_auc_error_is_reached_in_the_worst_case():
    scores, same = torch.tensor([0.1, 0.2, 0.9]), torch.tensor([False, True, True])
    binned = ScoreHistogram(bins=2, low=0)
    binned.update(scores, same)
    assert Verification(scores, same).auc - binned.auc == pytest.approx(binned.auc_error)


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


def test_merging_is_counting_together():
    generator = torch.Generator().manual_seed(0)
    scores, same = torch.rand(100, generator=generator), torch.arange(100) % 3 == 0
    one, other, both = ScoreHistogram(8), ScoreHistogram(8), ScoreHistogram(8)
    one.update(scores[:40], same[:40])
    other.update(scores[40:], same[40:])
    both.update(scores, same)
    one.merge(other)
    assert torch.equal(one.counts, both.counts)
    with pytest.raises(ValueError, match="must agree to merge"):
        one.merge(ScoreHistogram(9))


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
