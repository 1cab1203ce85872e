"""What benchmarks store."""

import sys

import numpy as np
import pytest
import torch

from facecourse.kit import evidence
from facelib.measure import Interval


def test_what_is_written_is_plain_json_with_machine_and_command(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["some/folder/speed.py"])
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    payload = {
        "interval": Interval(0.5, 0.4, 0.6, 10, "folds"),
        "tensor": torch.tensor([1.0, 2.0]),
        "array": np.array([3, 4]),
        "number": np.float32(0.5),
    }
    monkeypatch.setattr(evidence, "COURSE", tmp_path)
    (folder := tmp_path / "kit").mkdir()
    assert evidence.write("speed", payload, folder) == folder / "speed.json"
    assert evidence.load("speed")["interval"] == payload["interval"], "one again for a lesson"
    stored = evidence.read("speed", folder)
    assert {"commit", "versions", "cpu"} <= stored["machine"].keys()
    assert stored["command"] == "speed.py"
    assert {name: stored[name] for name in payload} == {
        "interval": {"value": 0.5, "low": 0.4, "high": 0.6, "n": 10, "of": "folds"},
        "tensor": [1, 2],
        "array": [3, 4],
        "number": 0.5,
    }


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


def test_evidence_depends_on_the_code_behind_it_and_on_weights_and_not_on_what_it_draws():
    found = evidence.depends("facecourse.lesson07_pruning.evidence")
    folder = "facecourse/lesson07_pruning"
    assert {f"{folder}/evidence.py", f"{folder}/experiment.py"} <= found.keys()
    assert "facecourse/ladder/student.py" in found
    assert "facelib/models/weights/face_student.safetensors" in found
    assert not [file for file in found if "figures" in file or "charts" in file]


def test_a_digest_changes_with_what_a_file_says_and_not_with_how(tmp_path):
    code, results, weights = (tmp_path / name for name in ("a.py", "a.json", "a.safetensors"))

    def digests(*contents):
        for path, content in zip((code, results, weights), contents, strict=True):
            path.write_text(content)
        return [evidence.digest(path) for path in (code, results, weights)]

    first = digests('"""Old."""\nx = 1  # one', '{"date": "today", "value": 1}', "a")
    again = digests('"""New."""\n\nx = (1)', '{"date": "tomorrow", "value": 1}', "a")
    other = digests("x = 2", '{"date": "today", "value": 2}', "b")
    assert first == again
    assert all(a != b for a, b in zip(first, other, strict=True))
