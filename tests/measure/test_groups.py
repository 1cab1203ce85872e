from dataclasses import replace

import pytest
import torch
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate

from facelib.data import FaceSet, all_pairs
from facelib.measure import similarity, verify_all
from facelib.measure.bootstrap import bootstrap_between
from facelib.measure.groups import group_errors, tar_by_person, worst_group


@pytest.fixture
def grouped(crowd):
    """Embeddings and faces of 60 people, three each, in three groups."""
    codes, person = crowd(60, 3, 8)
    images = torch.zeros(180, 1, 2, 2, dtype=torch.uint8)
    return codes, FaceSet(images, person, tuple(map(str, range(60))), group=person % 3)


@pytest.mark.parametrize("fewer", [0, 1], ids=["three faces of each", "two of some"])
def test_errors_are_those_that_fairlearn_counts(grouped, fewer):
    codes, faces = grouped
    kept = (torch.arange(180) % 3 < 3 - fewer) | (faces.person >= 40)
    codes, faces = codes[kept], faces.take(kept)
    left, right, same = all_pairs(faces.person)
    inside = faces.group[left] == faces.group[right]
    left, right, same = left[inside], right[inside], same[inside]
    accepted = similarity(codes, codes)[left, right] >= 0.5
    frame = MetricFrame(
        metrics={"FMR": false_positive_rate, "FNMR": false_negative_rate},
        y_true=same.numpy(), y_pred=accepted.numpy(),
        sensitive_features=faces.group[left].numpy(),
    ).by_group  # fmt: skip
    found = group_errors(codes, faces, 0.5)
    assert list(found) == [0, 1, 2]
    for group, errors in found.items():
        assert errors.fmr.value == pytest.approx(frame["FMR"][group])
        assert errors.fnmr.value == pytest.approx(frame["FNMR"][group])
        assert 0 < errors.fmr.low < errors.fmr.value < errors.fmr.high
        assert errors.fnmr.n == 20


def test_bad_groups_and_thresholds_are_refused(grouped):
    codes, faces = grouped
    alone = replace(faces, group=(faces.person == 5).long())
    for change, at, message in (
        ((codes, alone), 0.5, "group 1 has 1 people .* join groups"),
        ((codes[2:], faces.take(torch.arange(2, len(faces)))), 0.5, "2 faces of each"),
        ((codes, faces), 1.5, "got 1.5 for group 0"),
        ((codes, faces), float("nan"), "got nan for group 0"),
        ((codes, faces), {0: 0.5}, "got None for group 1"),
        ((codes, replace(faces, group=None)), 0.5, "whose group is None"),
        ((codes[1:], faces), 0.5, "each of 180 faces"),
    ):
        with pytest.raises(ValueError, match=message):
            group_errors(*change, at)


def test_an_interval_over_people_is_wider_than_one_over_pairs():
    generator = torch.Generator().manual_seed(0)
    wolf = torch.rand(40, generator=generator) ** 4  # some people resemble many
    chance = (wolf[:, None] + wolf) / 2
    accepted = (torch.rand(40, 40, generator=generator) < chance).double()
    found = bootstrap_between(accepted, torch.ones(40, 40))
    off = ~torch.eye(40, dtype=torch.bool)
    assert found.value == pytest.approx(float(accepted[off].mean()))
    by_pairs = 1.96 * (found.value * (1 - found.value) / off.sum().item()) ** 0.5
    assert found.high - found.value > 2 * by_pairs
    with pytest.raises(ValueError, match="two matrices"):
        bootstrap_between(accepted[:3], torch.ones(40, 40))
    with pytest.raises(ValueError, match="no impostor pair"):
        bootstrap_between(torch.ones(3, 3), torch.eye(3))


def test_the_mean_over_people_in_any_order_is_the_rate_over_pairs(grouped):
    embeddings, faces = grouped
    person = faces.person
    measured = verify_all(embeddings, person)
    wanted, at = measured.tar_at(0.05), measured.threshold_at(0.05)
    shares = tar_by_person(embeddings, person, at)
    assert shares.mean().item() == pytest.approx(wanted)
    assert 0.2 < wanted < 0.95
    order = torch.randperm(len(person), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(tar_by_person(embeddings[order], person[order], at), shares)
    with pytest.raises(ValueError, match="two faces or more of each"):
        tar_by_person(embeddings[:-2], person[:-2], at)


def test_the_worst_group_is_the_one_whose_faces_are_disturbed(grouped):
    embeddings, faces = grouped
    noise = torch.randn(embeddings.shape, generator=torch.Generator().manual_seed(1))
    worse = embeddings + 3 * noise * (faces.group == 2)[:, None]
    errors = group_errors(worse, faces, verify_all(worse, faces.person).threshold_at(0.01))
    assert worst_group(worse, faces, far=0.01) == errors[2].fnmr
    assert errors[2].fnmr.low > max(errors[0].fnmr.value, errors[1].fnmr.value)
