"""TAR at low FARs against all pairs sorted, its intervals against all pairs resampled."""

import pytest
import torch

from facelib.data import all_pairs
from facelib.measure import bootstrap_pairs, histogram, mean_interval, similarity, verify_all
from facelib.measure import tail as module
from facelib.measure.bootstrap import draws
from facelib.measure.tail import take_tail, tar_at_low_far, tar_lost

PEOPLE, EACH, FARS, DRAWS = 60, 3, (0.01, 0.05), 100


@pytest.fixture
def people(crowd, monkeypatch) -> tuple[torch.Tensor, torch.Tensor]:
    monkeypatch.setattr(module, "LEAST", 0)
    monkeypatch.setattr(module, "draws", lambda people: draws(people, DRAWS))
    return crowd(PEOPLE, EACH, 8, 0.6)


@pytest.mark.parametrize("most", [0, histogram.EXACT_PAIRS], ids=["histogram", "sorted"])
def test_rates_and_intervals_are_those_of_pairs_resampled_with_their_people(
    people, monkeypatch, most
):
    monkeypatch.setattr(histogram, "EXACT_PAIRS", most)
    embeddings, person = people
    tail, (left, right, same) = take_tail(embeddings, person, max(FARS)), all_pairs(person)
    assert len(tail.impostor) < 0.3 * (~same).sum(), "not all pairs are kept"
    scores = similarity(embeddings, embeddings)[left, right]
    for far, found in zip(FARS, tar_at_low_far(tail, FARS), strict=True):
        slow = bootstrap_pairs(
            lambda pairs, far=far: pairs.tar_at(far), scores, person[left], person[right], DRAWS
        )
        ends = slow.value, slow.low, slow.high
        assert (found.value, found.low, found.high) == pytest.approx(ends, abs=1e-9)


def test_what_is_lost_is_paired_and_runs_that_differ_widen_its_interval(people):
    embeddings, person = people
    noise = torch.randn(embeddings.shape, generator=torch.Generator().manual_seed(1))
    whole, same, worse = (
        take_tail(codes, person, max(FARS))
        for codes in (embeddings, 3 * embeddings, embeddings + noise)
    )
    for lost in tar_lost([whole], [same], FARS):
        assert (lost.value, lost.low, lost.high) == (0, 0, 0)
    for lost, before, after in zip(
        tar_lost([whole], [worse], FARS), whole.tars(FARS), worse.tars(FARS), strict=True
    ):
        assert lost.value == pytest.approx(100 * float(before - after))
        assert lost.low > 0
    (once,) = tar_lost([whole], [worse], FARS[:1])
    (alike,) = tar_lost([whole] * 3, [worse] * 3, FARS[:1])
    assert (alike.value, alike.low, alike.high) == pytest.approx((once.value, once.low, once.high))
    (runs,) = tar_lost([whole] * 3, [worse, same, same], FARS[:1])
    assert runs.value == pytest.approx(once.value / 3)
    runs_alone = mean_interval([once.value, 0.0, 0.0])
    assert runs.high - runs.value > runs_alone.high - runs_alone.value
    with pytest.raises(ValueError, match="as many before as after, got 1 and 2"):
        tar_lost([whole], [same, same], FARS)


def test_too_few_pairs_and_people_are_refused_and_few_people_keep_all_pairs(people, monkeypatch):
    embeddings, person = people
    few = torch.cat([torch.arange(50), torch.tensor([7])])
    with pytest.raises(ValueError, match="of 50 people holds no genuine pair: measure more people"):
        tar_at_low_far(take_tail(embeddings[:51], few, 0.1), [0.1])
    for wrong in (embeddings[::3], person[::3]), (embeddings, person + 1):
        with pytest.raises(ValueError, match="two of somebody"):
            take_tail(*wrong, 0.01)
    tail = take_tail(embeddings, person, 0.001)
    nobody = torch.ones(PEOPLE)
    nobody[tail.left], nobody[tail.right] = 0, 0
    with pytest.raises(ValueError, match="too few impostor pairs are kept"):
        tail.tars([0.001], nobody.double())
    monkeypatch.setattr(module, "LEAST", 50_000)
    assert len(take_tail(embeddings, person, 0.001).impostor) == 9 * PEOPLE * (PEOPLE - 1) / 2


def test_equal_scores_all_stand_above_the_threshold_or_none(people):
    _, person = people
    flat = take_tail(torch.ones(len(person), 2), person, 0.01)
    assert flat.tars([0.01]).tolist() == [0.0]
    assert tar_at_low_far(flat, [0.01])[0].high == 0


def test_every_far_that_the_pairs_can_measure_is_read_as_off_the_curve(people):
    embeddings, person = (part[:60] for part in people)
    tail, whole = take_tail(embeddings, person, 0.9), verify_all(embeddings, person)
    fars = [pairs / 1710 for pairs in range(1, 1710)]
    assert tail.tars(fars).tolist() == pytest.approx([whole.tar_at(far) for far in fars], abs=1e-12)
    for far in (1e-9, 0.999 / 1710, 1.0, float("nan")):
        with pytest.raises(ValueError, match="1710 impostor pairs want FARs from 1/1710 to below"):
            tar_at_low_far(tail, [0.1, far])
