"""The ladder's benchmark at its smallest."""

import pytest
import torch

from facecourse.kit import evidence, protocol
from facecourse.kit.scoreboard import Scoreboard
from facecourse.ladder import evidence as ladder
from facelib.models import FaceResNet, save


@pytest.fixture
def folder(monkeypatch, tmp_path):
    torch.manual_seed(0)
    teacher = FaceResNet(4, 16).eval()
    monkeypatch.setattr(ladder, "face_embedding", lambda: teacher)
    monkeypatch.setattr(protocol, "RESAMPLES", 100)
    monkeypatch.setattr(ladder, "RIVALS", {"student": "teacher"})
    monkeypatch.setattr(ladder, "STRICT", 0.2)  # untrained networks accept nobody at less
    save(FaceResNet(2, 16, (0, 0, 1)), tmp_path / "student.safetensors")
    return tmp_path


@pytest.mark.evidence
def test_each_rung_is_measured_against_the_teacher(folder, monkeypatch):
    board = folder / "scoreboard.json"
    board.write_bytes(evidence.BOARD.read_bytes())
    known = [row.method for row in Scoreboard.load(board).rows]
    monkeypatch.setattr(evidence, "BOARD", board)
    monkeypatch.setattr(ladder, "on_lfw", lambda steps: {})
    monkeypatch.setattr(ladder, "PEOPLE", 60)
    monkeypatch.setattr(ladder, "PAIRS", 30)
    ladder.main(folder, folder)
    stored = evidence.read("ladder", folder)
    networks = ["teacher", "student"]
    names = [name + form for name in networks for form in ("", ", int8", ", codes")]
    assert list(stored["costs"]) == list(stored["kept"]) == list(stored["others"]) == names
    smaller = [stored["costs"][name]["times smaller"] for name in names]
    assert smaller[4] > smaller[3] > smaller[0]
    assert smaller[5] > smaller[3]
    lost = stored["kept"]["student"]
    assert stored["kept"]["teacher"]["points lost"]["value"] == 0 != lost["points lost"]["value"]
    assert stored["others"]["student"] != lost["points lost"]
    strict = [stored["kept"][name]["TAR, strict"] for name in networks]
    assert lost["points lost, strict"]["value"] == pytest.approx(100 * (strict[0] - strict[1]))
    assert 0 < strict[0] != strict[1] > 0
    real = stored["kept"]["teacher"]["ORL"]["one photo"]["value"], lost["ORL"]["one photo"]["value"]
    assert lost["ORL, points lost"]["value"] == pytest.approx(100 * (real[0] - real[1]))
    assert stored["rivals"]["student"] == {"of": "teacher"} | {
        key: value for key, value in lost.items() if "points lost" in key
    }
    assert stored["costs"]["teacher"]["times faster"]["value"] == pytest.approx(1, abs=0.5)
    rows = Scoreboard.load(board).rows
    (ours,) = [row for row in rows if row.method == "face student, taught"]
    assert ours.worst_group.value == lost["worst group"]["value"]
    assert ours.bytes == (folder / "student.safetensors").stat().st_size
    assert [row.method for row in rows] == known


def test_lfw_stands_beside_it(folder, lfw_path, monkeypatch):
    faces, pairs, fold = ladder.lfw()
    some = torch.arange(0, 6000, 40)
    part = type(pairs)(pairs.left[some], pairs.right[some], pairs.same[some])
    monkeypatch.setattr(ladder, "lfw", lambda: (faces, part, fold[some]))
    found = ladder.on_lfw(ladder.rungs({"teacher": ladder.face_embedding()}, folder, people=8))
    assert found["teacher"]["points lost"].value == 0
    assert 0.4 < found["teacher"]["accuracy"].value < 0.8
    assert list(found) == ["teacher", "teacher, int8", "teacher, codes"]
