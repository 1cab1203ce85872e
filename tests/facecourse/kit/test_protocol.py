import pytest
import torch

from facecourse.kit import protocol
from facelib.data import all_pairs, orl
from facelib.measure import Verification, identify, similarity


def test_the_unseen_people_are_the_other_twenty():
    known, unseen = protocol.open_people(), protocol.unseen_people()
    assert known.names + unseen.names == orl().names
    assert (len(known), len(unseen)) == (200, 200)


@pytest.fixture(scope="module")
def embeddings():
    generator = torch.Generator().manual_seed(0)
    centre = torch.randn(20, 8, generator=generator).repeat_interleave(10, 0)
    return centre + 0.9 * torch.randn(200, 8, generator=generator)


def test_the_metrics_are_those_of_the_protocol_measured_by_the_plain_functions(embeddings):
    metrics = protocol.unseen_metrics(embeddings)
    person = protocol.unseen_people().person
    left, right, same = all_pairs(person)
    pairs = Verification(similarity(embeddings, embeddings)[left, right], same)
    assert metrics.keys() == protocol.PROTOCOL.metrics.keys()
    assert metrics["AUC"].value == pytest.approx(pairs.auc)
    assert metrics["TAR at 1 % FAR"].value == pytest.approx(pairs.tar_at(0.01))
    rank = torch.arange(200) % 10
    hits = [
        identify(embeddings[rank != photo], embeddings[rank == photo], torch.arange(20))
        == person[rank != photo]
        for photo in range(10)
    ]
    assert metrics["one photo"].value == pytest.approx(float(torch.cat(hits).double().mean()))
    assert all(m.low < m.value < m.high and m.n == 20 for m in metrics.values())


def test_embeddings_of_other_images_are_refused(embeddings):
    with pytest.raises(ValueError, match="one embedding for each of the 200 images"):
        protocol.unseen_metrics(embeddings[:100])


def test_differences_are_those_of_the_metrics_and_paired(embeddings):
    worse = embeddings + 1.5 * torch.randn(200, 8, generator=torch.Generator().manual_seed(1))
    first, second = protocol.unseen_metrics(embeddings), protocol.unseen_metrics(worse)
    differences = protocol.unseen_differences(embeddings, worse)
    assert differences.keys() == first.keys()
    for name, difference in differences.items():
        assert difference.value == pytest.approx(first[name].value - second[name].value)
        assert difference.low < difference.value < difference.high
        assert difference.excludes_zero
    same = protocol.unseen_differences(embeddings, 2 * embeddings)
    assert all(m.low == m.value == m.high == 0 for m in same.values())
