from dataclasses import replace

import pytest
import torch

from facelib.data import all_pairs
from facelib.measure import Verification, similarity
from facelib.measure.retained import accepted, ladder_faces, points_lost, worst_group


def people(count=60, each=4, noise=1.2):
    generator = torch.Generator().manual_seed(0)
    person = torch.arange(count).repeat_interleave(each)
    middle = torch.randn(count, 16, generator=generator)
    return middle[person] + noise * torch.randn(len(person), 16, generator=generator), person


def test_the_mean_over_people_is_the_rate_over_pairs():
    embeddings, person = people()
    left, right, same = all_pairs(person)
    wanted = Verification(similarity(embeddings, embeddings)[left, right], same).tar_at(0.01)
    shares = accepted(embeddings, person)
    assert shares.shape == (60,)
    assert shares.mean().item() == pytest.approx(wanted, abs=0.01)  # thresholds are bin edges
    assert 0.2 < wanted < 0.95


def test_the_order_of_faces_does_not_matter():
    embeddings, person = people()
    order = torch.randperm(len(person), generator=torch.Generator().manual_seed(1))
    mixed = accepted(embeddings[order], person[order])
    torch.testing.assert_close(mixed, accepted(embeddings, person))


def test_nothing_is_lost_by_another_length_and_something_by_noise():
    embeddings, person = people()
    same = points_lost(embeddings, 3 * embeddings, person)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    worse, _ = people(noise=2.0)
    lost = points_lost(embeddings, worse, person)
    assert 5 < lost.low < lost.value < lost.high
    assert points_lost(worse, embeddings, person).value == pytest.approx(-lost.value)


def test_somebody_with_one_face_is_refused():
    embeddings, person = people()
    with pytest.raises(ValueError, match="two faces or more of each"):
        accepted(embeddings[:-3], person[:-3])


def test_the_worst_group_is_the_one_whose_faces_are_disturbed():
    faces = ladder_faces(people=60, images=4)
    embeddings, person = people()
    noise = torch.randn(embeddings.shape, generator=torch.Generator().manual_seed(1))
    disturbed = faces.group == 2
    worse = embeddings + 3 * noise * disturbed[:, None]
    found, shares = worst_group(worse, faces), accepted(worse, person)
    theirs = torch.stack([disturbed[person == who].any() for who in range(60)])
    assert found.value == pytest.approx(1 - shares[theirs].mean().item())
    assert found.n == theirs.sum()
    assert found.low > 1 - shares[~theirs].mean()


def test_faces_without_groups_have_no_worst_one():
    embeddings, _ = people(count=20)
    faces = replace(ladder_faces(people=20, images=4), group=None)
    with pytest.raises(ValueError, match="group is None"):
        worst_group(embeddings, faces)


def test_the_ladders_people_are_grey_and_always_the_same():
    faces = ladder_faces(people=3, images=2)
    assert faces.images.shape == (6, 1, 64, 64)
    assert torch.equal(faces.images, ladder_faces(people=3, images=2).images)
