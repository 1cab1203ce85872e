"""Named numbers that describe a face or a photograph of it, one row for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor


class Factor(NamedTuple):
    """What one column means, its limits, and how it is drawn: uniformly, in the `usual` range if
    that is narrower, and with this `chance`; otherwise it is 0."""

    low: float
    high: float
    meaning: str
    chance: float = 1.0
    usual: tuple[float, float] | None = None


Table = Mapping[str, Factor]
SEEDS = 2**32  # as many streams of random numbers torch's generator on the CPU has
Choice = float | tuple[float, float] | Tensor


@dataclass(frozen=True, eq=False)
class Factors:
    """Rows of factors, as in `people["skin"]`, `people[3:5]`, `people.set(age=0.9)`.

    Rows may be mixed like vectors: `replace(a, values=torch.lerp(a.values, b.values, 0.5))` is the
    face half way between two.

    Args:
        table: name and meaning of every column.
        values: float32 tensor (N, len(table)), each value in its factor's low..high (or 0 where the
            factor is drawn by chance).

    Raises:
        ValueError: no rows, another number of columns, NaN, or a value out of range.
    """

    table: Table
    values: Tensor

    def __post_init__(self) -> None:
        values, width = self.values, len(self.table)
        if values.ndim != 2 or values.shape[1] != width or not len(values):
            raise ValueError(
                f"want values (N, {width}) with N >= 1, one column for each factor, got "
                f"{tuple(values.shape)}"
            )
        factors = self.table.values()
        low = values.new_tensor([f.low if f.chance == 1 else min(f.low, 0.0) for f in factors])
        high = values.new_tensor([f.high for f in factors])
        wrong = ~((values >= low - 1e-5) & (values <= high + 1e-5))  # NaN is neither
        if wrong.any():
            row, column = wrong.nonzero()[0].tolist()
            name, factor = list(self.table.items())[column]
            raise ValueError(
                f"{name} must lie in {float(low[column]):g}..{factor.high:g} ({factor.meaning}), "
                f"got {float(values[row, column]):g} in row {row}"
            )

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"Factors({len(self)} rows of {len(self.table)} numbers)"

    def __getitem__(self, key: str | slice | Tensor | list[int]) -> Tensor | Factors:
        """The column of a factor (N,), or the rows at some positions."""
        if isinstance(key, str):
            return self.values[:, _column(self.table, key)]
        return replace(self, values=self.values[key])

    def set(self, **choices: float | Tensor) -> Factors:
        """The same rows with some factors replaced by a number, or by one for each row."""
        values = self.values.clone()
        for name, choice in choices.items():
            column = _column(self.table, name)
            values[:, column] = for_each(torch.as_tensor(choice), len(self), name).to(values)
        return replace(self, values=values)

    def repeat(self, times: int) -> Factors:
        """Every row `times` times in a row, as in one person for several photographs."""
        return replace(self, values=self.values.repeat_interleave(times, 0))

    def to(self, device: torch.device | str) -> Factors:
        return replace(self, values=self.values.to(device))


def draw(
    table: Table,
    n: int,
    seed: int | torch.Generator,
    choices: Mapping[str, Choice],
    couple: Callable[[dict[str, Tensor]], None] = lambda columns: None,
) -> Factors:
    """n rows of independent factors, drawn on the CPU so that every device gets the same.

    The first rows are the same for any n. `couple` may change columns that depend on others;
    `choices`, factors given by name, overrule both: a number, a tensor (n,), or (low, high) to draw
    from.

    Raises:
        ValueError: n below 1, a seed of more than 32 bits, no such factor, or a choice of another
            length or out of range.
    """
    if n < 1:
        raise ValueError(f"want at least 1 row to draw, got {n}")
    generator = seed
    if not isinstance(seed, torch.Generator):
        if not 0 <= seed < SEEDS:
            raise ValueError(
                f"want a seed from 0 to 2**32 - 1, got {seed}: torch's generator would not tell it "
                f"from {seed % SEEDS}"
            )
        generator = torch.Generator().manual_seed(seed)
    uniform = torch.rand(n, 2, len(table), generator=generator)
    columns = {}
    for index, (name, factor) in enumerate(table.items()):
        drawn = torch.lerp(*torch.tensor(factor.usual or factor[:2]), uniform[:, 0, index])
        columns[name] = torch.where(uniform[:, 1, index] < factor.chance, drawn, 0.0)
    chosen = {}
    for name, choice in choices.items():
        index = _column(table, name)
        value = torch.as_tensor(choice, dtype=torch.float32)
        if isinstance(choice, tuple):
            value = torch.lerp(*for_each(value, 2, name), uniform[:, 0, index])
        chosen[name] = for_each(value, n, name)
    columns |= chosen
    couple(columns)
    columns |= chosen  # the others have followed; what was asked for stays
    return Factors(table, torch.stack(list(columns.values()), 1))


def for_each(values: Tensor, n: int, name: str) -> Tensor:
    """A number for each of n, (n,), where there is one for all or one for each."""
    if values.shape not in ((), (1,), (n,)):
        raise ValueError(f"want one number for {name}, or {n}, got {tuple(values.shape)}")
    return values.expand(n)


def _column(table: Table, name: str) -> int:
    try:
        return list(table).index(name)
    except ValueError:
        raise ValueError(f"no factor {name!r}; there are {', '.join(table)}") from None
