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


def test_each_rung_is_measured_against_the_teacher(folder):
    ladder.main(folder, people=60, pairs=30, with_lfw=False, out=folder)
    stored = evidence.read("ladder", folder)
    networks = ["teacher", "student"]
    names = [name + form for name in networks for form in ("", ", int8", ", codes")]
    assert list(stored["costs"]) == list(stored["kept"]) == names
    assert list(stored["networks"]) == networks
    assert stored["kept"]["teacher"]["points lost"]["value"] == 0
    assert stored["kept"]["student"]["points lost"]["value"] != 0
    assert 0 < stored["kept"]["student"]["worst group"]["value"] <= 1
    smaller = [stored["costs"][name]["times smaller"] for name in names]
    assert smaller[4] > smaller[3] > smaller[0]
    assert smaller[5] > smaller[3]
    assert list(stored["others"]) == names
    assert stored["others"]["student"] != stored["kept"]["student"]["points lost"]
    lost = stored["kept"]["student"]
    strict = [stored["kept"][name]["TAR, strict"] for name in networks]
    assert lost["points lost, strict"]["value"] == pytest.approx(100 * (strict[0] - strict[1]))
    assert 0 < strict[0] != strict[1] > 0
    real = stored["kept"]["teacher"]["ORL"]["one photo"]["value"], lost["ORL"]["one photo"]["value"]
    assert lost["ORL, points lost"]["value"] == pytest.approx(100 * (real[0] - real[1]))
    assert stored["rivals"] == {
        "student": {"of": "teacher"}
        | {key: value for key, value in lost.items() if "points lost" in key}
    }
    turns = stored["costs"]["teacher"]
    for name in ("times faster", "times faster, one call a turn"):
        assert turns[name]["value"] == pytest.approx(1, abs=0.5)
    assert stored["costs"]["student"]["times faster"]["low"] > 0
    board = Scoreboard.load(folder / "scoreboard.json")
    known = Scoreboard.load(evidence.BOARD)
    ours = [row for row in board.rows if row.method == "face student, taught"]
    assert [row.lesson for row in ours] == ["06"]
    assert ours[0].worst_group.value == stored["kept"]["student"]["worst group"]["value"]
    assert ours[0].bytes == (folder / "student.safetensors").stat().st_size
    all_rungs = {name for name, _ in ladder.ROWS.values()}
    others = [row.method for row in known.rows if row.method not in all_rungs]
    measured = [ladder.ROWS[name][0] for name in networks]
    assert [row.method for row in board.rows] == others + measured


def test_lfw_stands_beside_it(folder, lfw_path, monkeypatch):
    faces, pairs, fold = ladder.lfw()
    some = torch.arange(0, 6000, 40)
    part = type(pairs)(pairs.left[some], pairs.right[some], pairs.same[some])
    monkeypatch.setattr(ladder, "lfw", lambda: (faces, part, fold[some]))
    found = ladder.on_lfw(ladder.rungs({"teacher": ladder.face_embedding()}, folder, people=8))
    assert found["teacher"]["points lost"].value == 0
    assert 0.4 < found["teacher"]["accuracy"].value < 0.8
    assert list(found) == ["teacher", "teacher, int8", "teacher, codes"]
