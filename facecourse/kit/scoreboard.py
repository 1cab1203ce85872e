"""The scoreboard: one row a method, all measured under one frozen protocol."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from facecourse.kit.evidence import revive
from facelib import files
from facelib.figures import Table
from facelib.measure.interval import Interval

COSTS = {
    "bytes": "bytes",
    "macs": "MACs",
    "parameters": "parameters",
    "latency_ms": "latency (ms)",
    "worst_group": "worst group, at 0.1 % FAR",
}


@dataclass(frozen=True)
class Protocol:
    """How every row of a scoreboard is measured. Two protocols are one if all fields agree.

    Attributes: name; faces, which set; split, who is trained on and who is tested; metrics, what
    each metric's name means.
    """

    name: str
    faces: str
    split: str
    metrics: dict[str, str]

    @property
    def caption(self) -> str:
        """What stands above a scoreboard."""
        return f"{self.name}: {self.faces}; {self.split}"


@dataclass(frozen=True)
class Row:
    """What one method reached, and what it costs.

    Attributes:
        method: its name, once in a scoreboard.
        lesson: where it is made, two digits: "01".
        protocol: how it was measured.
        metrics: a share, from 0 to 1, or its `Interval` for each of the protocol's metrics.
        bytes: size of the saved file, at least 1.
        macs: multiply-accumulates an image.
        parameters: how many.
        latency_ms: median milliseconds an image.
        worst_group: the error of the worst-served group, `groups.worst_group`.

    A cost that was not measured is None and shown as a dash.

    Raises:
        ValueError: metrics are not those of the protocol, or not shares, or an interval's ends are
            not on both sides of its value.
    """

    method: str
    lesson: str
    protocol: Protocol
    metrics: dict[str, Interval | float]
    bytes: int | None = None
    macs: int | None = None
    parameters: int | None = None
    latency_ms: float | None = None
    worst_group: Interval | float | None = None

    def __post_init__(self) -> None:
        if self.metrics.keys() != self.protocol.metrics.keys():
            raise ValueError(
                f"protocol {self.protocol.name!r} measures {sorted(self.protocol.metrics)}, "
                f"{self.method!r} gives {sorted(self.metrics)}"
            )
        for name in (*self.metrics, "worst_group"):
            value = self[name]
            low, high = (value.low, value.high) if isinstance(value, Interval) else (value, value)
            middle = value.value if isinstance(value, Interval) else value
            if value is not None and not 0 <= low <= middle <= high <= 1:
                raise ValueError(
                    f"{name} of {self.method!r} must be a share from 0 to 1, or an interval of "
                    f"one, got {value!r}"
                )

    def __getitem__(self, column: str) -> Interval | float | None:
        """The metric or cost of this name."""
        return self.metrics[column] if column in self.metrics else getattr(self, column)


class Scoreboard:
    """Rows measured under one protocol: a table, a JSON file.

        board = Scoreboard.load("scoreboard.json")
        board.put(Row("eigenfaces", "01", PROTOCOL, {"top-1": interval}, bytes=saved_bytes(path)))
        board.save("scoreboard.json")

    Args:
        protocol: how every row is measured.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.rows: list[Row] = []
        self._newest: str | None = None  # the lesson whose rows are marked

    def upto(self, lesson: str) -> Scoreboard:
        """The rows of the lessons up to this one, "03", in their order; its own are marked as new.

        Raises:
            ValueError: a lesson is two digits.
        """
        if len(lesson) != 2 or not lesson.isdecimal():
            raise ValueError(f"want the two digits of a lesson, such as '03', got {lesson!r}")
        board = Scoreboard(self.protocol)
        board.rows = sorted(
            (row for row in self.rows if row.lesson <= lesson), key=lambda row: row.lesson
        )
        board._newest = lesson
        return board

    def put(self, row: Row) -> None:
        """Put a row in the place of the same method's, or at the end.

        Raises:
            ValueError: it was measured under another protocol.
        """
        if row.protocol != self.protocol:
            ours, theirs = asdict(self.protocol), asdict(row.protocol)
            differ = [f"{k}: {theirs[k]!r} not {ours[k]!r}" for k in ours if ours[k] != theirs[k]]
            raise ValueError(
                f"{row.method!r} was measured under another protocol ({'; '.join(differ)}): "
                "measure it again under this one, or start another scoreboard"
            )
        self.rows = list(({each.method: each for each in self.rows} | {row.method: row}).values())

    def save(self, path: str | Path) -> None:
        """Write JSON, whole or not at all.

        Raises:
            OSError: it cannot be written; an older file stays as it was.
        """
        rows = [asdict(row) for row in self.rows]
        for row in rows:
            del row["protocol"]  # said once
        text = json.dumps({"protocol": asdict(self.protocol), "rows": rows}, indent=1)
        files.write(path, text.encode() + b"\n")

    @classmethod
    def load(cls, path: str | Path) -> Scoreboard:
        """The scoreboard that `save` wrote.

        Raises:
            OSError, ValueError: the file can't be read, or a row does not fit its protocol.
        """
        content = files.read_json(path, revive)
        board = cls(Protocol(**content["protocol"]))
        for row in content["rows"]:
            board.put(Row(protocol=board.protocol, **row))
        return board

    def __repr__(self) -> str:
        return f"{self.protocol.caption}\n{self._make_table()}"

    def _repr_html_(self) -> str:
        # Ten columns fit a window of 1,050 pixels if intervals take two lines and heads wrap.
        table = self._make_table()._repr_html_().replace(" [", "<br>[")
        table = table.replace('<th style="white-space:nowrap">', "<th>")
        table = table.replace("<table>", '<table style="font-size:85%">')
        return f"<p>{html.escape(self.protocol.caption)}</p>{table}"

    def _make_table(self) -> Table:
        """The rows, without a column that nobody has measured yet."""
        columns = [*self.protocol.metrics, *COSTS]
        columns = [name for name in columns if any(row[name] is not None for row in self.rows)]
        rows = []
        for row in self.rows:
            mark = " (new)" if row.lesson == self._newest else ""
            rows.append([row.method, row.lesson + mark, *(_show(row[name]) for name in columns)])
        return Table(["method", "lesson", *(COSTS.get(name, name) for name in columns)], rows)


def _show(value: Interval | float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, Interval):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
