import pytest
import torch

from facecourse.kit import evidence, protocol
from facecourse.kit.scoreboard import Row, Scoreboard
from facelib.data import all_pairs, orl
from facelib.measure import Verification, identify, parameters, similarity
from facelib.models import FaceCNN, save


def test_the_unseen_people_are_the_other_twenty():
    known, unseen = protocol.open_people(), protocol.unseen_people()
    assert known.names + unseen.names == orl().names
    assert (len(known), len(unseen)) == (200, 200)


def test_metrics_of_all_unseen_faces_are_those_of_the_plain_functions_and_differences_are_paired():
    generator = torch.Generator().manual_seed(0)
    centre = torch.randn(20, 8, generator=generator).repeat_interleave(10, 0)
    embeddings = centre + 0.9 * torch.randn(200, 8, generator=generator)
    metrics, person = protocol.unseen_metrics(embeddings), protocol.unseen_people().person
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
    with pytest.raises(ValueError, match="one embedding for each of the 200 images"):
        protocol.unseen_metrics(embeddings[:100])
    worse = embeddings + 1.5 * torch.randn(200, 8, generator=generator)
    second = protocol.unseen_metrics(worse)
    differences = protocol.unseen_differences(embeddings, worse)
    assert differences.keys() == metrics.keys()
    for name, difference in differences.items():
        assert difference.value == pytest.approx(metrics[name].value - second[name].value)
        assert difference.low < difference.value < difference.high
        assert difference.excludes_zero
    same = protocol.unseen_differences(embeddings, 2 * embeddings)
    assert all(m.low == m.value == m.high == 0 for m in same.values())


def test_a_measured_row_has_every_cost_and_keeps_those_that_are_given(tmp_path, monkeypatch):
    monkeypatch.setattr(protocol, "RESAMPLES", 100)
    model = FaceCNN(4, 8, 20).eval()
    images = protocol.unseen_people().images[:, :, ::2, ::2]
    row = protocol.measure_row("tiny", "07", model, images, macs=5)
    save(model, tmp_path / "model")
    assert row.bytes == next(tmp_path.iterdir()).stat().st_size
    assert row.parameters == parameters(model)
    assert row.macs == 5
    assert row.latency_ms > 0
    assert row.protocol == protocol.PROTOCOL


def test_rows_are_put_in_the_place_of_the_same_methods_or_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence, "BOARD", tmp_path / "board.json")
    Scoreboard(protocol.PROTOCOL).save(evidence.BOARD)

    for values in ({"a": 0.1, "b": 0.2}, {"c": 0.3, "a": 0.4}):
        protocol.put_rows(
            Row(method, "01", protocol.PROTOCOL, dict.fromkeys(protocol.PROTOCOL.metrics, value))
            for method, value in values.items()
        )
    rows = Scoreboard.load(evidence.BOARD).rows
    assert [(each.method, each["AUC"]) for each in rows] == [("a", 0.4), ("b", 0.2), ("c", 0.3)]
