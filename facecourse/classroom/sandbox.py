"""The process in which a submission runs: a job on its standard input, a line of JSON for whatever
happens on its standard output. Started by `facecourse.classroom.submission`."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import warnings
from typing import Any, TextIO

from facecourse.kit.exercise import Exercise, ____, defined


def limit_resources(megabytes: int) -> None:
    """No more memory than this, and no file above 64 MB, where the system knows such limits."""
    with contextlib.suppress(ImportError):  # Windows has none
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20,) * 2)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20,) * 2)


def run_cell(source: str, names: dict[str, Any]) -> tuple[str, str]:
    """Run a cell; what it raises stops the cell and nothing else."""
    try:
        exec(compile(source, "a cell", "exec"), names)
    except BaseException as error:  # sys.exit() too
        return "failed", f"{type(error).__name__}: {error}"
    return "ran", ""


def judge_answer(exercise: Exercise, names: dict[str, Any]) -> tuple[str, str]:
    """The outcome of what a submission has defined.

    What is right is believed only if every wrong answer is still found wrong. That finds code which
    makes answers of the right shape look right, `torch.allclose` replaced, say.
    """
    outcome = exercise.check(names.get(defined(exercise.starter), ____))
    if outcome.kind == "correct" and any(
        exercise.check(wrong).kind == "correct" for wrong in exercise.wrong
    ):
        return "error", "After these cells a wrong answer looks right, too."
    return outcome.kind, outcome.message


def run_cells(job: dict[str, Any], channel: TextIO) -> None:
    """Run the cells in order, and judge where one asks for it. Each is told before it begins, so
    that whoever listens knows where an endless loop or a sudden end was."""
    lesson: dict[str, Any] = {"__name__": "lesson"}
    exec(compile(job["exercises"], "exercises.py", "exec"), lesson)
    asked = {exercise.name: exercise for exercise in lesson["EXERCISES"]}
    for exercise in asked.values():
        exercise.lesson = ""  # nobody's progress is noted

    def tell(**what: Any) -> None:
        print(json.dumps(what), file=channel, flush=True)

    names: dict[str, Any] = {"__name__": "__main__", "display": print}  # Jupyter's
    for number, cell in enumerate(job["cells"]):
        if number in job["done"]:
            continue
        tell(at=number)
        if cell["exercise"]:
            kind, message = judge_answer(asked[cell["exercise"]], names)
        else:
            kind, message = run_cell(cell["source"], names)
        tell(at=number, kind=kind, message=message)
    tell(at=len(job["cells"]))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as channel:
        os.dup2(2, 1)  # what a submission prints is no message
        job = json.load(sys.stdin)
        limit_resources(job["megabytes"])
        run_cells(job, channel)
