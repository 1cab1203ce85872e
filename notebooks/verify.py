"""Run a lesson by plain papermill, and hold what came of it against what was promised."""

from __future__ import annotations

import math
import re
import statistics
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import getitem
from pathlib import Path

import nbformat
import numpy as np
import psutil
from nbformat import NotebookNode
from scipy import stats

from facecourse.kit.evidence import load
from notebooks.build import NOTEBOOKS, hidden_errors, tags
from notebooks.kernels import patience, too_slow


@dataclass
class Cost:
    """What a run took: wall-clock seconds, and the peak memory of its kernel in gigabytes (1e9)."""

    seconds: float = 0.0
    gigabytes: float = 0.0


@contextmanager
def cost_of_children() -> Iterator[Cost]:
    """Measure the time and the resident memory of all processes this one starts meanwhile."""
    cost, done, start = Cost(), threading.Event(), time.perf_counter()
    others = set(psutil.Process().children(recursive=True))  # a kernel of nbval may still be there

    def resident(process: psutil.Process) -> int:
        try:
            return process.memory_info().rss
        except psutil.Error:  # it has ended meanwhile
            return 0

    def watch() -> None:
        last = 0.0
        while not done.wait(0.1):
            children = set(psutil.Process().children(recursive=True)) - others
            now = sum(map(resident, children)) / 1e9
            # for a moment after a fork the parent's memory counts twice: want two samples in a row
            cost.gigabytes, last = max(cost.gigabytes, min(last, now)), now

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield cost
    finally:
        done.set()
        watcher.join()
        cost.seconds = time.perf_counter() - start


def run(notebook: Path, output: Path, *options: str, seconds: float = 300) -> Cost:
    """Run a notebook by the command `papermill`, as anybody would, in the folder of `output`.

    Args:
        notebook: to be run; it is not changed.
        output: where the executed notebook goes.
        options: of the command, such as "-p", "profile", "smoke".
        seconds: how long it may take, before FACELIB_PATIENCE stretches it.

    Raises:
        RuntimeError: the command failed, took too long, or passed over something that it should
            have failed at (see `faults`).
    """
    command = [sys.executable, "-m", "papermill", notebook, output, *options, "--no-progress-bar"]
    with cost_of_children() as cost:
        try:
            done = subprocess.run(
                command, cwd=output.parent, capture_output=True, text=True,
                timeout=patience(seconds),
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(too_slow(notebook.name, error.timeout)) from error
    if done.returncode:
        raise RuntimeError(done.stderr)
    if found := faults(nbformat.read(output, as_version=4), done.stderr):
        raise RuntimeError("\n".join(found))
    return cost


def faults(executed: NotebookNode, said: str) -> list[str]:
    """What papermill passes over though it should not, in a notebook or on stderr (`said`)."""
    return [
        *re.findall(r"Passed unknown parameter: .*", said),
        *hidden_errors(executed),
        *(
            f"cell {number} is checked, but stores no output"
            for number, cell in enumerate(executed.cells)
            if "nbval-check-output" in tags(cell) and not cell.outputs
        ),
    ]


def committed(path: Path) -> str:
    """The text of a file as git has it, staged or committed; as it lies there where git has none.

    A learner may run and answer the notebooks of a clone: what they save is no fault of the course.
    """
    return _git(path.parent, "show", f":./{path.name}") or path.read_text("utf-8")


def committed_notebooks() -> set[str]:
    """The notebooks that git has, from their folder; those that lie there where git has none."""
    known = _git(NOTEBOOKS, "ls-files", "*.ipynb").split()
    there = chain(NOTEBOOKS.glob("*.ipynb"), NOTEBOOKS.glob("zh/*.ipynb"))
    return set(known or (path.relative_to(NOTEBOOKS).as_posix() for path in there))


def _git(folder: Path, *arguments: str) -> str:
    """What git answers; nothing where there is no git, or where it knows no such file."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True)
    except FileNotFoundError:
        return ""
    return "" if done.returncode else done.stdout.decode()


def tolerances(path: Path) -> dict[str, dict[str, tuple[float, float]]]:
    """The lowest and highest value allowed for each record of each lesson, from a TOML file.

    A record is `{ low = 0.9, high = 1 }`, `{ value = 40, tolerance = 0 }` or, where many seeds are
    stored, `{ evidence = ["top-1", "5", "CNN"], scale = 100 }`: their prediction interval. A seed
    may have several numbers, one for each person; its mean counts.
    """

    def bounds(
        lesson, low=None, high=None, value=None, tolerance=None, evidence=None, scale=1
    ) -> tuple[float, float]:
        if evidence is not None:
            runs = reduce(getitem, evidence, load(lesson))
            return prediction_interval([scale * float(np.mean(run)) for run in runs])
        return (low, high) if value is None else (value - tolerance, value + tolerance)

    lessons = tomllib.loads(path.read_text("utf-8"))
    return {
        lesson: {name: bounds(lesson, **record) for name, record in records.items()}
        for lesson, records in lessons.items()
    }


def prediction_interval(runs: Sequence[float], confidence: float = 0.99) -> tuple[float, float]:
    """Where one more run of the same kind falls: mean ± t s √(1 + 1/n), Student's t."""
    n = len(runs)
    t = stats.t.ppf(0.5 + confidence / 2, n - 1)
    half = t * statistics.stdev(runs) * math.sqrt(1 + 1 / n)
    return statistics.mean(runs) - half, statistics.mean(runs) + half


def departures(
    records: Mapping[str, Mapping], allowed: Mapping[str, tuple[float, float]]
) -> list[str]:
    """How the records of a run (`read_records`) depart from what is allowed, both ends included."""
    found = [f"{name} is not recorded" for name in allowed if name not in records]
    for name, record in records.items():
        value = record["value"]
        if name not in allowed:
            found.append(f"{name} = {value} has no tolerance; give it one in tolerances.toml")
        elif not allowed[name][0] <= value <= allowed[name][1]:
            found.append(f"{name} = {value} is outside {allowed[name][0]} to {allowed[name][1]}")
    return found
