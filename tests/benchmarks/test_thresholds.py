"""The benchmark of thresholds, at its smallest."""

import torch

from benchmarks import thresholds
from facecourse.kit import evidence
from facecourse.lesson12_capstone.networks import load_networks
from facelib.data import LFW, Pairs
from facelib.synth import synth


def test_thresholds_are_chosen_on_view_1_and_measured_on_view_2(tmp_path, monkeypatch):
    asked = []

    def lfw(view):
        asked.append(view)
        faces = synth(40, 2, seed=view, size=112, channels=3)
        first = 2 * torch.arange(40)
        left, right = torch.cat([first, first]), torch.cat([first + 1, first.roll(1)])
        return LFW(faces, Pairs(left, right, torch.arange(80) < 40), torch.arange(80) % 2)

    monkeypatch.setattr(thresholds, "lfw", lfw)
    thresholds.main(people=40, folder=tmp_path)
    found = evidence.read("thresholds", tmp_path)["networks"]
    assert sorted(asked) == [1, 2]
    assert list(found) == [network.sha256 for network in load_networks().values()]
    for rows in found.values():
        assert 0.5 < rows["accuracy"]["value"] <= 1
        for kind in ("photographs", "renders"):
            assert [row["far"] for row in rows[kind]] == list(thresholds.FARS)
            for row in rows[kind]:
                for rates in row["measured"].values():
                    assert [rate["n"] for rate in rates.values()] == [40, 40]
        loose, *_ = rows["photographs"]
        assert loose["measured"]["photographs"]["false rejects"]["value"] < 0.3
