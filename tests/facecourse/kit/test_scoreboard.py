"""The scoreboard keeps one protocol, survives a file, and draws who is not beaten."""

from __future__ import annotations

import errno
import json
import math
import os
from dataclasses import replace

import matplotlib as mpl
import pytest

from facecourse.kit.scoreboard import Protocol, Row, Scoreboard
from facelib.measure import Interval

mpl.use("Agg")

PROTOCOL = Protocol(
    name="one <photo>",
    faces="synthetic faces",
    split="people never seen",
    metrics={"top-1": "share of probes named rightly", "eer": "equal error rate"},
)


def row(method: str, top1: float = 0.9, size: int | None = 1000, **more) -> Row:
    metrics = {"top-1": Interval(top1, top1 - 0.05, top1 + 0.05, 40), "eer": 0.0512345}
    return Row(method, "01", PROTOCOL, metrics, bytes=size, **more)


def board(*rows: Row) -> Scoreboard:
    filled = Scoreboard(PROTOCOL)
    for each in rows:
        filled.add(each)
    return filled


FULL = {"macs": 1_234_567, "parameters": 99, "latency_ms": 1.25, "worst_group": 0.125}


def test_a_row_of_another_protocol_is_refused_and_the_difference_named():
    other = replace(PROTOCOL, split="people seen")
    with pytest.raises(ValueError, match=r"'new'.*split: 'people seen' not 'people never seen'"):
        board().add(replace(row("new"), protocol=other))


def test_a_protocol_written_again_in_the_same_words_is_the_same():
    again = Protocol(PROTOCOL.name, PROTOCOL.faces, PROTOCOL.split, dict(PROTOCOL.metrics))
    filled = board()
    filled.add(replace(row("new"), protocol=again))
    assert len(filled.rows) == 1


def test_a_method_is_on_the_scoreboard_once():
    filled = board(row("pixels"))
    with pytest.raises(ValueError, match="'pixels' is on the scoreboard already"):
        filled.add(row("pixels", 0.95))
    assert [r.metrics["top-1"].value for r in filled.rows] == [0.9]


def test_a_row_gives_exactly_the_metrics_of_its_protocol():
    with pytest.raises(ValueError, match=r"measures \['eer', 'top-1'\], 'x' gives \['top-1'\]"):
        Row("x", "01", PROTOCOL, {"top-1": 0.9})


@pytest.mark.parametrize("wrong", [math.nan, math.inf, "12", None])
def test_a_number_that_is_not_finite_is_refused(wrong):
    with pytest.raises(ValueError, match="top-1 of 'x' must be a finite Python number"):
        Row("x", "01", PROTOCOL, {"top-1": wrong, "eer": 0.1})
    if wrong is not None:
        with pytest.raises(ValueError, match="latency_ms of 'x'"):
            row("x", latency_ms=wrong)


def test_a_saved_scoreboard_loads_as_it_was(tmp_path):
    filled = board(row("pixels", **FULL), row("lbp", size=None), row("cnn", 0.99))
    path = tmp_path / "scoreboard.json"
    filled.save(path)
    loaded = Scoreboard.load(path)
    assert loaded.protocol == PROTOCOL
    assert loaded.rows == filled.rows
    assert isinstance(loaded.rows[0].metrics["top-1"], Interval)
    assert [p.name for p in tmp_path.iterdir()] == ["scoreboard.json"]


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "scoreboard.json"
    board(row("pixels")).save(path)
    before = path.read_text()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left.*nothing was changed.*scoreboard.json"):
        board(row("cnn")).save(path)
    assert path.read_text() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_saving_into_a_folder_that_is_not_there_names_the_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"scoreboard.json"):
        board().save(tmp_path / "gone" / "scoreboard.json")


def test_a_file_that_is_no_scoreboard_is_refused_by_name(tmp_path):
    path = tmp_path / "scoreboard.json"
    board(row("pixels")).save(path)
    whole = path.read_text()
    content = json.loads(whole)
    content["rows"][0]["metrics"] = {"top-1": 0.9}
    for text in ("", whole[:50], "[]", "{}", whole.replace('"faces"', '"fases"'), whole[:-20]):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"scoreboard.json is not a scoreboard"):
            Scoreboard.load(path)
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"'pixels' gives \['top-1'\]"):
        Scoreboard.load(path)


def test_the_table_reads_as_text():
    assert board(row("pixels", **FULL), row("lbp", size=None)).table().splitlines() == [
        "one <photo>: synthetic faces; people never seen",
        "method  lesson  top-1                 eer     bytes  MACs       parameters  latency (ms)"
        "  worst group",
        "pixels  01      0.900 [0.850, 0.950]  0.0512  1,000  1,234,567  99          1.25"
        "          0.125",
        "lbp     01      0.900 [0.850, 0.950]  0.0512  -      -          -           -"
        "             -",
    ]


def test_the_table_reads_as_escaped_html():
    page = board(row("<script>"))._repr_html_()
    assert "<script>" not in page
    assert "<td>&lt;script&gt;</td>" in page
    assert "one &lt;photo&gt;" in page
    assert page.count("<tr>") == 2


def test_the_front_holds_exactly_the_rows_that_no_other_beats():
    rows = [
        row("big", 0.95, 3000),
        row("small", 0.70, 100),
        row("beaten by small", 0.60, 200),
        row("middle", 0.90, 1000),
        row("twin of middle", 0.90, 1000),
        row("as good but bigger", 0.90, 1100),
        row("as small but worse", 0.60, 100),
        row("not measured", 0.99, None),
    ]
    names = [r.method for r in board(*rows).front("bytes", "top-1")]
    assert names == ["small", "middle", "twin of middle", "big"]


def test_for_an_error_rate_the_front_turns_round():
    rows = [row("a", size=1, worst_group=0.3), row("b", size=2, worst_group=0.2)]
    rows += [row("c", size=3, worst_group=0.25)]
    found = board(*rows).front("bytes", "worst_group", lower_is_better=True)
    assert [r.method for r in found] == ["a", "b"]


def test_the_plot_joins_the_front_and_names_every_method():
    axes = board(row("big", 0.95, 3000), row("small", 0.7, 100), row("bad", 0.6, 200)).pareto()
    joined = axes.lines[0]
    assert joined.get_xydata().tolist() == [[100, 0.7], [3000, 0.95]]
    assert [text.get_text() for text in axes.texts] == ["small", "bad", "big"]
    assert [line.get_marker() for line in axes.lines[1:]] == ["o", "x", "o"]
    assert len(axes.collections) == 3  # an interval each
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_xscale()) == ("bytes", "top-1", "log")


def test_the_plot_goes_where_it_is_told_and_shows_a_cost_of_nothing():
    _, given = mpl.pyplot.subplots()
    axes = board(row("free", size=0), row("cheap", size=1)).pareto(y="eer", ax=given)
    assert axes is given
    assert axes.get_xscale() == "linear"
    assert not axes.collections


def test_a_plot_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no column 'weight'"):
        board(row("x")).pareto("weight")
    with pytest.raises(ValueError, match="no row has both 'macs' and 'top-1'"):
        board(row("x")).pareto("macs")


@pytest.fixture(autouse=True)
def _close_figures():
    from matplotlib import pyplot

    yield
    pyplot.close("all")
