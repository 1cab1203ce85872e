"""The scoreboard keeps one protocol, survives a file, and knows who is not beaten."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from facecourse.kit.scoreboard import Protocol, Row, Scoreboard
from facelib.measure import Interval

PROTOCOL = Protocol(
    name="one <photo>",
    faces="synthetic faces",
    split="people never seen",
    metrics={"top-1": "share of probes named rightly", "eer": "equal error rate"},
)


def row(method: str, top1: float = 0.9, size: int | None = 1000, **more) -> Row:
    metrics = {"top-1": Interval(top1, top1 - 0.05, min(1, top1 + 0.05), 40), "eer": 0.0512345}
    return Row(method, "01", PROTOCOL, metrics, bytes=size, **more)


def board(*rows: Row) -> Scoreboard:
    filled = Scoreboard(PROTOCOL)
    for each in rows:
        filled.add(each)
    return filled


def test_a_row_of_another_protocol_or_other_metrics_or_the_same_name_is_refused():
    other, again = replace(PROTOCOL, split="people seen"), replace(PROTOCOL)
    filled = board(row("pixels"))
    with pytest.raises(ValueError, match=r"'new'.*split: 'people seen' not 'people never seen'"):
        filled.add(replace(row("new"), protocol=other))
    filled.add(replace(row("new"), protocol=again))
    with pytest.raises(ValueError, match="'pixels' is on the scoreboard already"):
        filled.add(row("pixels", 0.95))
    assert filled.rows == [row("pixels"), row("new")]
    with pytest.raises(ValueError, match=r"measures \['eer', 'top-1'\], 'x' gives \['top-1'\]"):
        Row("x", "01", PROTOCOL, {"top-1": 0.9})


BAD_SHARES = [math.nan, math.inf, "12", None, True, 7, -0.1, 10**400]
BAD_INTERVALS = [
    Interval(0.5, *rest)
    for rest in (
        (math.nan, 0.6, 40), (0.6, 0.4, 40), (0.6, 0.7, 40), (None, 0.6, 40), ("0.4", 0.6, 40),
        (0.4, 1.1, 40), (0.4, 0.6, 0), (0.4, 0.6, 40, None),
    )
]  # fmt: skip


@pytest.mark.parametrize("wrong", [*BAD_SHARES, *BAD_INTERVALS])
def test_what_is_no_share_or_interval_of_one_is_refused(wrong):
    with pytest.raises(ValueError, match="top-1 of 'x' must be a"):
        Row("x", "01", PROTOCOL, {"top-1": wrong, "eer": 0.1})
    if wrong is not None:
        with pytest.raises(ValueError, match="worst_group of 'x' must be a"):
            row("x", worst_group=wrong)


@pytest.mark.parametrize(
    ("cost", "wrong"),
    [("bytes", 0), ("bytes", -5), ("bytes", True), ("bytes", 1.5), ("macs", -1), ("macs", "9"),
     ("macs", 10**400), ("parameters", True), ("latency_ms", 0), ("latency_ms", math.nan),
     ("latency_ms", 10**400), ("latency_ms", "1")],
)  # fmt: skip
def test_a_cost_that_nothing_can_have_is_refused(cost, wrong):
    with pytest.raises(ValueError, match=f"{cost} of 'x' must be a"):
        row("x", **{"size" if cost == "bytes" else cost: wrong})


@pytest.mark.parametrize(
    ("method", "lesson"), [(3, "01"), ("x", "1"), ("x", 1), ("x", 12), ("x", None)]
)
def test_a_row_has_a_name_and_a_lesson(method, lesson):
    with pytest.raises(ValueError, match="the two digits of a lesson"):
        Row(method, lesson, PROTOCOL, {"top-1": 0.9, "eer": 0.1})


def test_a_saved_scoreboard_loads_as_it_was(tmp_path):
    full = row("pixels", macs=5, parameters=9, latency_ms=1.2, worst_group=0.1)
    filled = board(full, row("lbp", size=None), row("cnn", 0.99))
    path = tmp_path / "scoreboard.json"
    filled.save(path)
    loaded = Scoreboard.load(path)
    assert loaded.protocol == PROTOCOL
    assert loaded.rows == filled.rows
    assert isinstance(loaded.rows[0].metrics["top-1"], Interval)
    assert [p.name for p in tmp_path.iterdir()] == ["scoreboard.json"]


def test_saving_into_a_folder_that_is_not_there_names_the_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"scoreboard.json"):
        board().save(tmp_path / "gone" / "scoreboard.json")


def test_what_was_saved_meanwhile_stays_and_a_row_measured_again_takes_its_place(tmp_path):
    path = tmp_path / "scoreboard.json"
    board(row("pixels"), row("cnn")).save(path)
    first, again = Scoreboard.load(path), board(row("pixels", 0.5))
    again.save(path)
    first.add(row("lbp"))
    first.save(path)
    first.save(path)
    assert first.rows == [row("pixels", 0.5), row("cnn"), row("lbp")]
    assert Scoreboard.load(path).rows == first.rows
    other = Scoreboard(replace(PROTOCOL, split="people seen"))
    with pytest.raises(ValueError, match="another protocol"):
        other.save(path)
    assert Scoreboard.load(path).rows == first.rows


ADD = """
import sys
from facecourse.kit.scoreboard import Row, Scoreboard
print("ready", flush=True)
input()
for n in range(8):
    board = Scoreboard.load(sys.argv[1])
    board.add(Row(sys.argv[2] + str(n), "01", board.protocol, {"top-1": 0.9, "eer": 0.1}))
    board.save(sys.argv[1])
"""


def test_two_kernels_that_add_rows_at_the_same_moment_lose_none(tmp_path, run_together):
    path = tmp_path / "scoreboard.json"
    board().save(path)
    run_together(ADD, [path, "a"], [path, "b"])
    methods = {row.method for row in Scoreboard.load(path).rows}
    assert methods == {f"{name}{n}" for name in "ab" for n in range(8)}
    assert [file.name for file in tmp_path.iterdir()] == ["scoreboard.json"]


def test_a_file_that_is_no_scoreboard_is_refused_by_name(tmp_path):
    path = tmp_path / "scoreboard.json"
    board(row("pixels")).save(path)
    whole = path.read_bytes()
    other = json.loads(whole)
    other["rows"][0]["metrics"] = {"top-1": 0.9}
    spoilt = [whole[:50], whole[:-20], whole.replace(b'"faces"', b'"fases"')]
    spoilt += [whole.replace(b'"one <photo>"', b"3"), json.dumps(other).encode()]
    for data in (*spoilt, b"", b"[]", b"{}", b"\xff\xfe", b"[" * 200_000):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"scoreboard.json is not a scoreboard"):
            Scoreboard.load(path)


def test_the_board_reads_as_text_and_as_a_page_without_columns_that_nobody_measured():
    assert repr(board(row("pixels", macs=1_234_567), row("lbp", size=None))).splitlines() == [
        "one <photo>: synthetic faces; people never seen",
        "method  lesson  top-1                 eer     bytes  MACs",
        "pixels  01      0.900 [0.850, 0.950]  0.0512  1,000  1,234,567",
        "lbp     01      0.900 [0.850, 0.950]  0.0512  -      -",
    ]
    page = board(row("<script>"))._repr_html_()
    assert "&lt;script&gt;</td>" in page
    assert "one &lt;photo&gt;" in page
    assert 'style="white-space:nowrap">0.900<br>[0.850, 0.950]</td>' in page


def test_a_lesson_sees_the_board_up_to_itself_and_its_own_rows_marked():
    lessons = {"late": "07", "early": "01", "mine": "03"}
    whole = board(*(replace(row(method), lesson=n) for method, n in lessons.items()))
    seen = whole.upto("03")
    assert [line.split()[:3] for line in repr(seen).splitlines()[2:]] == [
        ["early", "01", "0.900"],
        ["mine", "03", "(new)"],
    ]
    assert len(whole.rows) == 3
    assert "(new)" not in repr(whole)
    with pytest.raises(ValueError, match="two digits of a lesson, such as '03', got '3'"):
        whole.upto("3")
