"""The ladder's benchmark at its smallest."""

import pytest
import torch

from facecourse.kit import evidence, protocol
from facecourse.kit.scoreboard import Scoreboard
from facecourse.ladder import evidence as ladder
from facelib.door.recogniser import COMPACT
from facelib.models import FaceResNet, save


@pytest.mark.evidence
def test_each_rung_is_measured_against_the_teacher(put, monkeypatch, tmp_path):
    torch.manual_seed(0)
    teacher = FaceResNet(4, 16).eval()
    fars = {"0.1 %": 0.2, "0.01 %": 0.1}
    put("ladder.evidence", face_embedding=lambda: teacher, FARS=fars, PEOPLE=60, TURNS=30)
    put("ladder.evidence", BITS={"teacher": (8,), "student": (8, 4)})
    put("kit.protocol", RESAMPLES=100)
    put("kit.evidence", BOARD=tmp_path / "scoreboard.json")
    Scoreboard(protocol.PROTOCOL).save(evidence.BOARD)
    for seed in ("0", "1"):
        (tmp_path / seed).mkdir()
        for name in ("student", "rival", "longer")[: 3 - 2 * int(seed)]:
            save(FaceResNet(2, 16, (0, 0, 1)), tmp_path / seed / f"{name}.safetensors")
    found = {"lost": evidence.Interval(0.0, 0.0, 0.0, 10, of="folds")}
    put("ladder.evidence", on_lfw=lambda files: dict.fromkeys(files, found))
    monkeypatch.setitem(ladder.ROWS, "student, 4 bits", ("a small file", "08"))
    ladder.main(tmp_path, tmp_path)
    stored = evidence.read("ladder", tmp_path)
    assert stored["seeds"] == [0, 1]
    files = ["teacher", "teacher, 8 bits", "longer", "rival", "student"]
    files += ["student, 8 bits", "student, 4 bits"]
    for part in ("costs", "lost", "others", "ORL", "worst group"):
        assert list(stored[part]) == files, part
    smaller = [stored["costs"][name]["times smaller"] for name in files[4:]]
    assert smaller == sorted(smaller)
    assert stored["costs"]["teacher"]["times faster"]["value"] == pytest.approx(1, abs=0.5)
    assert all(row["megabytes in memory"] > 0 for row in stored["costs"].values())
    for far in ladder.FARS:
        tar = [stored["TAR"][name][far]["value"] for name in ("rival", "student")]
        lost = [stored["lost"][name][far]["value"] for name in ("rival", "student")]
        assert stored["lost"]["teacher"][far]["value"] == 0
        assert lost[0] == pytest.approx(100 * (stored["TAR"]["teacher"][far]["value"] - tar[0]))
        step = stored["steps"]["what the teacher says"][far]["value"]
        assert step == pytest.approx(100 * (tar[0] - tar[1])), "the seed that has both"
        assert stored["steps"]["size"] == stored["lost"]["longer"]
    assert [stored["lost"][name]["runs"] for name in ("student", "rival")] == [2, 1]
    assert lost[1] != pytest.approx(100 * (stored["TAR"]["teacher"][far]["value"] - tar[1]))
    rows = {row.method: row for row in Scoreboard.load(evidence.BOARD).rows}
    ours, small = rows["face student, taught"], rows["a small file"]
    assert 0 <= ours.worst_group.value <= 1
    assert small.bytes == stored["costs"]["student, 4 bits"]["bytes"]
    assert small.parameters == ours.parameters


def test_lfw_stands_beside_it(lfw_path, monkeypatch):
    whole, some = ladder.lfw(), torch.arange(0, 6000, 40)
    part = whole._replace(
        pairs=type(whole.pairs)(*(column[some] for column in whole.pairs)), fold=whole.fold[some]
    )
    monkeypatch.setattr(ladder, "lfw", lambda: part)
    file = ladder.File(COMPACT, COMPACT.stat().st_size)
    found = ladder.on_lfw({"teacher": file, "the same": file})
    assert found["the same"] == found["teacher"]
    assert found["teacher"]["lost"].value == found["teacher"]["TAR of all pairs, lost"].value == 0
    assert 0.6 < found["teacher"]["accuracy"].value < 0.9
    assert 0 < found["teacher"]["TAR of all pairs"].value < 0.9
