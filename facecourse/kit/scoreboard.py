"""The scoreboard: one row a method, all measured under one frozen protocol."""

from __future__ import annotations

import html
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import SoftFileLock

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

    def __post_init__(self) -> None:
        texts = [self.name, self.faces, self.split, *self.metrics, *self.metrics.values()]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError(f"a protocol is made of text, got {self}")

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
        ValueError: metrics are not those of the protocol, a number is not finite or out of its
            range, or an interval's ends are not on both sides of its value.
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
        texts = isinstance(self.method, str) and isinstance(self.lesson, str)
        if not texts or not re.fullmatch(r"\d\d", self.lesson):
            raise ValueError(
                f"a row needs a method's name and the two digits of a lesson, "
                f"got {self.method!r} and {self.lesson!r}"
            )
        for name in (*self.metrics, *COSTS):
            value = self[name]
            if value is None and name in COSTS:
                continue
            if name == "latency_ms":
                good, wanted = _is_number(value) and value > 0, "a finite number above 0"
            elif name in self.metrics or name == "worst_group":
                good, wanted = _is_share(value), "a share from 0 to 1, or an interval of one"
            else:
                good = type(value) is int and (name == "bytes") <= value < 2**63
                wanted = "a whole number"
            if not good:
                got = asdict(value) if isinstance(value, Interval) else value
                raise ValueError(f"{name} of {self.method!r} must be {wanted}, got {got!r}")

    def __getitem__(self, column: str) -> Interval | float | None:
        """The metric or cost of this name."""
        return self.metrics[column] if column in self.metrics else getattr(self, column)


class Scoreboard:
    """Rows measured under one protocol: a table, a plot, a JSON file.

        board = Scoreboard(PROTOCOL)
        board.add(Row("eigenfaces", "01", PROTOCOL, {"top-1": interval}, bytes=saved_bytes(path)))
        board.save("scoreboard.json")

    Args:
        protocol: how every row is measured.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.rows: list[Row] = []
        self._loaded: list[Row] = []
        self._newest: str | None = None  # the lesson whose rows are marked

    def upto(self, lesson: str) -> Scoreboard:
        """The rows of the lessons up to this one, "03", in their order; its own are marked as new.

        Raises:
            ValueError: a lesson is two digits.
        """
        if not re.fullmatch(r"\d\d", lesson):
            raise ValueError(f"want the two digits of a lesson, such as '03', got {lesson!r}")
        board = Scoreboard(self.protocol)
        board.rows = sorted(
            (row for row in self.rows if row.lesson <= lesson), key=lambda row: row.lesson
        )
        board._newest = lesson
        return board

    def add(self, row: Row) -> None:
        """Put a row at the end.

        Raises:
            ValueError: it was measured under another protocol, or the method is there already.
        """
        if row.protocol != self.protocol:
            ours, theirs = asdict(self.protocol), asdict(row.protocol)
            differ = [f"{k}: {theirs[k]!r} not {ours[k]!r}" for k in ours if ours[k] != theirs[k]]
            raise ValueError(
                f"{row.method!r} was measured under another protocol ({'; '.join(differ)}): "
                "measure it again under this one, or start another scoreboard"
            )
        if row.method in (other.method for other in self.rows):
            raise ValueError(f"{row.method!r} is on the scoreboard already: give it another name")
        self.rows.append(row)

    def save(self, path: str | Path) -> None:
        """Write JSON, whole or not at all; rows that the file has by now stay in it.

        A row that was added takes the place of the same method's, or the end. So kernels that save
        at the same moment lose nothing of each other's.

        Raises:
            ValueError: the file is no scoreboard, or one of another protocol.
            OSError: it cannot be written; an older file stays as it was.
        """
        path = Path(path)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} into")
        with SoftFileLock(f"{path}.lock", timeout=60):
            own, board = {row.method: row for row in self.rows}, Scoreboard(self.protocol)
            for row in Scoreboard.load(path).rows if path.exists() else ():
                mine = own.pop(row.method, row)
                board.add(row if mine in self._loaded else mine)
            self.rows = [*board.rows, *own.values()]
            rows = [asdict(row) for row in self.rows]
            for row in rows:
                del row["protocol"]  # said once
            text = json.dumps({"protocol": asdict(self.protocol), "rows": rows}, indent=1)
            files.write(path, text.encode() + b"\n")
        self._loaded = list(self.rows)

    @classmethod
    def load(cls, path: str | Path) -> Scoreboard:
        """The scoreboard that `save` wrote.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file is not a scoreboard, or a row does not fit its protocol.
        """
        try:
            content = files.read_json(path, revive)
            board = cls(Protocol(**content["protocol"]))
            for row in content["rows"]:
                board.add(Row(protocol=board.protocol, **row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is not a scoreboard ({error}); save() writes one") from error
        board._loaded = list(board.rows)
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


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and abs(value) < 2**63


def _is_share(value: object) -> bool:
    if not isinstance(value, Interval):
        return _is_number(value) and 0 <= value <= 1
    numbers = all(map(_is_number, (value.value, value.low, value.high)))
    units = type(value.n) is int and value.n >= 1 and isinstance(value.of, str)
    return numbers and units and 0 <= value.low <= value.value <= value.high <= 1


def _show(value: Interval | float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, Interval):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
