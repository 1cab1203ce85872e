"""Streamed rates against exact ones: never further off than the error they state."""

import pytest
import torch

from facelib.measure import Verification, histogram, verify_all
from facelib.measure.histogram import count_pairs, read_rates


@pytest.fixture
def faces(crowd):
    return crowd(30, 6, 16)


@pytest.mark.parametrize("bins", [4, 64, 2**16])
def test_every_measure_is_as_near_to_the_exact_one_as_its_bins_are_narrow(bins, faces, monkeypatch):
    monkeypatch.setattr(histogram, "BINS", bins)
    exact, counts = verify_all(*faces), count_pairs(*faces)
    binned = read_rates(counts)
    assert isinstance(exact, Verification)
    assert (binned.genuine, binned.impostor) == (exact.genuine, exact.impostor)
    impostor, genuine = counts.double()
    in_one_bin = float(impostor @ genuine / (impostor.sum() * genuine.sum()))
    assert abs(binned.auc - exact.auc) <= in_one_bin / 2 + 1e-12
    far, tar, _ = binned.curve
    at = int(torch.searchsorted(far + tar - 1, 0.0))
    assert max(far[at - 1], 1 - tar[at]) - 1e-12 <= exact.eer
    assert exact.eer <= min(far[at], 1 - tar[at - 1]) + 1e-12
    for wanted in (0.001, 0.01, 0.1, 1.0):
        low = binned.tar_at(wanted)
        step = (far <= wanted + 1e-12).sum()
        assert low - 1e-12 <= exact.tar_at(wanted) <= tar[min(step, bins)] + 1e-12
        assert exact.far_at(binned.threshold_at(wanted)) <= wanted


def test_counts_at_bin_edges_are_those_of_the_decision_rule(monkeypatch):
    monkeypatch.setattr(histogram, "BINS", 8)
    edges = torch.tensor([-0.75, -0.25, 0.25, 0.75])
    below, same = torch.nextafter(edges, torch.tensor(-2.0)), torch.tensor([True] * 4)
    counts = histogram._count(edges, same) + histogram._count(below, ~same)
    assert counts.tolist() == [[1, 0] * 4, [0, 1] * 4]
    binned = read_rates(counts)
    assert (binned.frr_at(0.75), binned.far_at(0.75)) == (0.75, 0)
    assert binned.far_at(-0.6) == 0.75  # as at the edge above, -0.5
    assert histogram._count(torch.tensor([-1e-20]), same[:1])[1].tolist() == [0, 0, 0, 1] + [0] * 4
    beyond = torch.tensor([1.0000001, -1.0000001, 1.0, 1.0])
    assert histogram._count(beyond, same)[1].tolist() == [1, 0, 0, 0, 0, 0, 0, 3]


def test_more_pairs_than_can_be_sorted_are_streamed_in_blocks_that_count_each_once(
    faces, monkeypatch
):
    whole = count_pairs(*faces)
    assert whole.sum() == 180 * 179 // 2
    for block in (1000, 1):  # 5 rows at a time; less than a row
        monkeypatch.setattr(histogram, "BLOCK", block)
        other = count_pairs(*faces)
        # other block shapes may round a cosine over an edge
        assert torch.equal(other.sum(1), whole.sum(1))
        assert read_rates(other).auc == pytest.approx(read_rates(whole).auc, abs=1e-6)
    monkeypatch.setattr(histogram, "EXACT_PAIRS", 180 * 179 // 2 - 1)
    streamed = verify_all(*faces)
    assert not isinstance(streamed, Verification)
    assert streamed.auc == read_rates(other).auc


@pytest.mark.parametrize("judge", [lambda *faces: read_rates(count_pairs(*faces)), verify_all])
def test_embeddings_that_cannot_be_judged_are_refused(judge, faces):
    embeddings, person = faces
    with pytest.raises(ValueError, match=r"got \(180, 16\) and \(179,\)"):
        judge(embeddings, person[1:])
    with pytest.raises(ValueError, match="0 genuine and 3 impostor"):
        print(judge(embeddings[:3], torch.arange(3)).auc)
    embeddings[7, 3] = torch.nan
    with pytest.raises(ValueError, match=r"embeddings are not finite in rows \[7\]"):
        judge(embeddings, person)
