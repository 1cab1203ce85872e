"""What benchmarks store."""

import json
import sys

import numpy as np
import pytest
import torch

from facecourse.kit import evidence
from facelib.measure import Interval


def test_what_is_written_is_read_back_with_machine_and_command(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["some/folder/speed.py"])
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    path = evidence.write("speed", {"seeds": [0, 1], "value": 0.5}, tmp_path)
    stored = evidence.read("speed", tmp_path)
    assert path == tmp_path / "speed.json"
    assert stored["seeds"] == [0, 1]
    assert stored["value"] == 0.5
    assert {"commit", "versions", "cpu"} <= stored["machine"].keys()
    assert stored["command"] == "speed.py"
    assert "/" not in stored["command"].split()[0]


def test_intervals_tensors_and_arrays_become_plain_json(tmp_path):
    payload = {
        "interval": Interval(0.5, 0.4, 0.6, 10, "folds"),
        "tensor": torch.tensor([1.0, 2.0]),
        "array": np.array([3, 4]),
        "number": np.float32(0.5),
    }
    evidence.write("plain", payload, tmp_path)
    stored = json.loads((tmp_path / "plain.json").read_text("utf-8"))
    assert stored["interval"] == {"value": 0.5, "low": 0.4, "high": 0.6, "n": 10, "of": "folds"}
    assert stored["tensor"] == [1, 2]
    assert stored["array"] == [3, 4]
    assert stored["number"] == 0.5


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [(float("nan"), ValueError, "JSON"), ({1, 2}, TypeError, "can't hold {1, 2}, a set")],
)
def test_a_value_json_cannot_hold_leaves_the_old_file(tmp_path, value, error, message):
    evidence.write("kept", {"value": 1}, tmp_path)
    with pytest.raises(error, match=message):
        evidence.write("kept", {"value": value}, tmp_path)
    assert evidence.read("kept", tmp_path)["value"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]
