"""The scoreboard: one row a method, all measured under one frozen protocol."""

from __future__ import annotations

import html
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facelib import files
from facelib.measure.interval import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COSTS = {
    "bytes": "bytes",
    "macs": "MACs",
    "parameters": "parameters",
    "latency_ms": "latency (ms)",
    "worst_group": "worst group",
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


@dataclass(frozen=True)
class Row:
    """What one method reached, and what it costs.

    Attributes:
        method: its name, once in a scoreboard.
        lesson: where it is made, "01".
        protocol: how it was measured.
        metrics: a number or an `Interval` for each of the protocol's metrics.
        bytes: size of the saved file.
        macs: multiply-accumulates an image.
        parameters: how many.
        latency_ms: median milliseconds an image.
        worst_group: the error of the worst-served group, `groups.worst_group`.

    A cost that was not measured is None and shown as a dash.

    Raises:
        ValueError: metrics are not those of the protocol, or a number is not finite.
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
        for name in (*self.metrics, *_COSTS):
            number = _number(self[name])
            if number is None and name not in self.metrics:
                continue
            if not isinstance(number, int | float) or not math.isfinite(number):
                raise ValueError(
                    f"{name} of {self.method!r} must be a finite Python number, got {number!r}"
                )

    def __getitem__(self, column: str) -> Interval | float | None:
        """The metric or cost of this name."""
        return self.metrics[column] if column in self.metrics else getattr(self, column)


class Scoreboard:
    """Rows measured under one protocol: a table, a plot, a JSON file.

        board = Scoreboard.load("scoreboard.json")
        board.add(Row("eigenfaces", "01", PROTOCOL, {"top-1": interval}, bytes=saved_bytes(path)))

    Args:
        protocol: how every row is measured.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.rows: list[Row] = []

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
            FileNotFoundError: there is no such file.
            ValueError: the file is not a scoreboard, or a row does not fit its protocol.
        """
        text = Path(path).read_text("utf-8")
        try:
            content = json.loads(text)
            board = cls(Protocol(**content["protocol"]))
            for row in content["rows"]:
                metrics = {name: _revive(value) for name, value in row["metrics"].items()}
                worst_group = _revive(row["worst_group"])
                row |= {"metrics": metrics, "worst_group": worst_group}
                board.add(Row(protocol=board.protocol, **row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is not a scoreboard ({error}); save() writes one") from error
        return board

    def table(self) -> str:
        """The rows as plain text in columns."""
        lines = [self._head, *self._cells]
        width = [max(map(len, column)) for column in zip(*lines, strict=True)]
        rows = ["  ".join(map(str.ljust, line, width)).rstrip() for line in lines]
        return "\n".join([self._caption, *rows])

    __repr__ = table

    def _repr_html_(self) -> str:
        def line(tag: str, cells: list[str]) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

        body = "".join(line("td", cells) for cells in self._cells)
        caption = f"<caption>{html.escape(self._caption)}</caption>"
        return f"<table>{caption}{line('th', self._head)}{body}</table>"

    def front(self, x: str, y: str, lower_is_better: bool = False) -> list[Row]:
        """The non-dominated rows, cheapest first: no other row is at least as good in both and
        better in one. Rows without x or y are left out.

        Args:
            x: a cost; less is better.
            y: a metric or cost.
            lower_is_better: of y (an error rate, for example).

        Raises:
            ValueError: there is no such column.
        """
        sign = 1 if lower_is_better else -1
        rows = sorted(self._having(x, y), key=lambda row: _number(row[x]))
        points = [(_number(row[x]), sign * _number(row[y])) for row in rows]
        return [
            row
            for row, (cost, loss) in zip(rows, points, strict=True)
            if not any(c <= cost and e <= loss and (c, e) != (cost, loss) for c, e in points)
        ]

    def pareto(
        self,
        x: str = "bytes",
        y: str | None = None,
        lower_is_better: bool = False,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw y over x, one point a method, with 95 % intervals; a line joins the `front`.

        Args:
            x, lower_is_better: as `front`.
            y: as `front`, the protocol's first metric if not given.
            ax: where to draw; a new figure if not given.

        Raises:
            ValueError: there is no such column, or no row has both.
        """
        from facelib import figures  # matplotlib takes a second to import

        y = y or next(iter(self.protocol.metrics))
        rows, front = self._having(x, y), self.front(x, y, lower_is_better)
        if not rows:
            raise ValueError(f"no row has both {x!r} and {y!r}: measure them first")
        ax = ax or figures.subplots()[1]
        ax.plot([_number(r[x]) for r in front], [_number(r[y]) for r in front], "--", color="0.6")
        for place, row in enumerate(sorted(rows, key=lambda row: _number(row[x]))):
            value = row[y]
            if isinstance(value, Interval):
                ax.vlines(
                    _number(row[x]), value.low, value.high, color=figures.COLOURS[0], linewidth=1
                )
            marker = "o" if row in front else "x"
            ax.plot(_number(row[x]), _number(value), marker, color=figures.COLOURS[0])
            beside = (5, -12) if place % 2 else (5, 5)  # neighbours' names would overlap
            ax.annotate(
                row.method, (_number(row[x]), _number(value)), beside, textcoords="offset points"
            )
        if min(_number(row[x]) for row in rows) > 0:
            ax.set_xscale("log")
        ax.margins(0.15)  # room for the names
        ax.set(xlabel=_COSTS.get(x, x), ylabel=_COSTS.get(y, y), title=self.protocol.name)
        return ax

    def _having(self, x: str, y: str) -> list[Row]:
        columns = [*self.protocol.metrics, *_COSTS]
        if unknown := [name for name in (x, y) if name not in columns]:
            raise ValueError(f"no column {unknown[0]!r}, there are {columns}")
        return [row for row in self.rows if row[x] is not None and row[y] is not None]

    @property
    def _caption(self) -> str:
        return f"{self.protocol.name}: {self.protocol.faces}; {self.protocol.split}"

    @property
    def _head(self) -> list[str]:
        return ["method", "lesson", *self.protocol.metrics, *_COSTS.values()]

    @property
    def _cells(self) -> list[list[str]]:
        columns = [*self.protocol.metrics, *_COSTS]
        return [[r.method, r.lesson, *(_shown(r[name]) for name in columns)] for r in self.rows]


def _number(value: Interval | float | None) -> float | None:
    return value.value if isinstance(value, Interval) else value


def _revive(value: object) -> object:
    return Interval(**value) if isinstance(value, dict) else value


def _shown(value: Interval | float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, Interval):
        return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}]"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
