"""TAR at low FARs against all pairs sorted, its intervals against all pairs resampled."""

import pytest
import torch

from facelib.data import all_pairs
from facelib.measure import bootstrap_pairs, similarity, verify_all
from facelib.measure.tail import take_tail, tar_at_low_far, tar_lost

PEOPLE, EACH, FARS = 60, 3, (0.01, 0.05)


@pytest.fixture
def people() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    who = torch.randn(PEOPLE, 8, generator=generator).repeat_interleave(EACH, 0)
    near = who + 0.6 * torch.randn(who.shape, generator=generator)
    return near, torch.arange(PEOPLE).repeat_interleave(EACH)


def test_it_is_what_all_pairs_sorted_say(people):
    embeddings, person = people
    whole = verify_all(embeddings, person)
    tail = take_tail(embeddings, person, max(FARS))
    assert len(tail.impostor) < 0.3 * whole.impostor, "not all pairs are kept"
    for far, found in zip(FARS, tar_at_low_far(embeddings, person, FARS), strict=True):
        assert found.value == pytest.approx(whole.tar_at(far), abs=1e-9)


def test_intervals_are_those_of_pairs_resampled_with_their_people(people):
    embeddings, person = people
    left, right, _ = all_pairs(person)
    scores = similarity(embeddings, embeddings)[left, right]
    for far, found in zip(FARS, tar_at_low_far(embeddings, person, FARS), strict=True):
        slow = bootstrap_pairs(
            lambda pairs, far=far: pairs.tar_at(far), scores, person[left], person[right]
        )
        assert found.low == pytest.approx(slow.low, abs=0.01)
        assert found.high == pytest.approx(slow.high, abs=0.01)


def test_what_is_lost_is_paired(people):
    embeddings, person = people
    for same in tar_lost(embeddings, 3 * embeddings, person, FARS):
        assert (same.value, same.low, same.high) == (0, 0, 0)
    worse = embeddings + torch.randn(embeddings.shape, generator=torch.Generator().manual_seed(1))
    one, other = (tar_at_low_far(codes, person, FARS) for codes in (embeddings, worse))
    for lost, before, after in zip(
        tar_lost(embeddings, worse, person, FARS), one, other, strict=True
    ):
        assert lost.value == pytest.approx(100 * (before.value - after.value))
        assert lost.low > 0


def test_too_few_people_and_single_faces_are_refused(people):
    embeddings, person = people
    with pytest.raises(ValueError, match="two faces or more"):
        take_tail(embeddings[:-2], person[:-2], 0.01)
    with pytest.raises(ValueError, match="too few people"):
        take_tail(embeddings, person, 0.001).tars([0.5])
