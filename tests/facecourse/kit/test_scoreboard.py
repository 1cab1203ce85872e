"""The scoreboard keeps one protocol, survives a file, and reads well."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

import facecourse
from facecourse.kit import evidence
from facecourse.kit.scoreboard import Protocol, Row, Scoreboard
from facecourse.lesson01_background.evidence import HANDCRAFTED
from facelib.measure import Interval

COURSE = Path(facecourse.__file__).parent
PROTOCOL = Protocol(
    name="one <photo>",
    faces="synthetic faces",
    split="people never seen",
    metrics={"top-1": "share of probes named rightly", "eer": "equal error rate"},
)


def test_every_row_that_is_stored_is_one_that_the_code_measures():
    code = "".join(path.read_text("utf-8") for path in COURSE.rglob("evidence.py"))
    for each in Scoreboard.load(evidence.BOARD).rows:
        name = re.sub(r"\d+ shared", "{values} shared", each.method)
        assert f'"{name}"' in code or name in HANDCRAFTED, each.method


def row(method: str, top1: float = 0.9, size: int | None = 1000, **more) -> Row:
    metrics = {"top-1": Interval(top1, top1 - 0.05, min(1, top1 + 0.05), 40), "eer": 0.0512345}
    return Row(method, "01", PROTOCOL, metrics, bytes=size, **more)


def board(*rows: Row) -> Scoreboard:
    filled = Scoreboard(PROTOCOL)
    for each in rows:
        filled.put(each)
    return filled


def test_a_row_of_another_protocol_or_other_metrics_is_refused():
    other, again = replace(PROTOCOL, split="people seen"), replace(PROTOCOL)
    filled = board(row("pixels"))
    with pytest.raises(ValueError, match=r"'new'.*split: 'people seen' not 'people never seen'"):
        filled.put(replace(row("new"), protocol=other))
    filled.put(replace(row("new"), protocol=again))
    with pytest.raises(ValueError, match=r"measures \['eer', 'top-1'\], 'x' gives \['top-1'\]"):
        Row("x", "01", PROTOCOL, {"top-1": 0.9})


BAD_ENDS = [(math.nan, 0.6), (0.6, 0.4), (0.6, 0.7), (0.4, 1.1)]


@pytest.mark.parametrize(
    "wrong", [math.nan, math.inf, 7, -0.1, *(Interval(0.5, *ends, 40) for ends in BAD_ENDS)]
)
def test_what_is_no_share_or_interval_of_one_is_refused(wrong):
    for wrongly in ({"metrics": {"top-1": wrong, "eer": 0.1}}, {"worst_group": wrong}):
        with pytest.raises(ValueError, match="of 'x' must be a share from 0 to 1"):
            replace(row("x"), **wrongly)


def test_a_saved_scoreboard_loads_as_it_was(tmp_path):
    full = row("pixels", macs=5, parameters=9, latency_ms=1.2, worst_group=0.1)
    filled = board(full, row("lbp", size=None), row("cnn", 0.99))
    path = tmp_path / "scoreboard.json"
    filled.save(path)
    loaded = Scoreboard.load(path)
    assert loaded.protocol == PROTOCOL
    assert loaded.rows == filled.rows
    assert isinstance(loaded.rows[0].metrics["top-1"], Interval)


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
