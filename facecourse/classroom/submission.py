"""Run what a student handed in, and judge it, in a process of its own.

On Linux bubblewrap walls that process in: no network, and a disk of which it may write one scratch
folder. Time is kept outside: a cell that takes too long, or ends the process, is left out, and the
rest is run again without it.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TextIO

from facecourse.classroom.edition import strip_exercises
from facecourse.kit import load_lesson

# No answer needs these, and with them one looks into the checker's memory or out of the process.
REFUSED = {
    "__builtins__", "__closure__", "__dict__", "__globals__", "__import__", "__subclasses__",
    "_getframe", "builtins", "ctypes", "gc", "globals", "importlib", "inspect", "multiprocessing",
    "socket", "subprocess", "sys",
}  # fmt: skip
REFUSED_CALLS = {"eval", "exec"}  # as functions; a network has a method `eval`

START = 120  # seconds until the process has imported what it needs, on a busy machine


@dataclass(frozen=True)
class Cell:
    """A code cell of a submission: its source, or the name of the exercise to judge there."""

    source: str
    exercise: str = ""


@dataclass(frozen=True)
class Finding:
    """What became of a cell: "ran", or "refused", "failed" and "stopped" with the reason; of one
    that judges, the kind and the message of an outcome."""

    kind: str
    message: str = ""


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds a cell and a judgement, megabytes of memory; and whether
    it is walled in."""

    seconds: float = 120
    megabytes: int = 6000
    isolate: bool = True


def leave_python(source: str) -> str:
    """A cell without the lines that are Jupyter's commands, `%%time` or `!pip`, and no Python."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return re.sub(r"^\s*[%!].*", "", source, flags=re.MULTILINE)
    return source


def refuse(source: str) -> Finding | None:
    """Why a cell isn't run at all, if it isn't."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        return Finding("failed", f"{type(error).__name__}: {error}")
    for node in ast.walk(tree):
        words = [getattr(node, field, None) for field in ("id", "attr", "module", "name")]
        named = {part for word in words if isinstance(word, str) for part in word.split(".")}
        called = {node.id} & REFUSED_CALLS if isinstance(node, ast.Name) else set()
        if found := sorted(named & REFUSED | called):
            return Finding(
                "refused", f"{found[0]} has no place in an answer: this cell was not run"
            )
    return None


def judge_cells(lesson: str, cells: Sequence[Cell], student: str, limits: Limits) -> list[Finding]:
    """What became of each cell.

    Args:
        lesson: "03".
        student: whose it is; functions are tried on numbers that differ between students.

    Raises:
        RuntimeError: bubblewrap is wanted and isn't there, or no process starts.
    """
    cells = [replace(cell, source=leave_python(cell.source)) for cell in cells]
    found: dict[int, Finding] = {}
    for number, cell in enumerate(cells):
        if not cell.exercise and (refused := refuse(cell.source)):
            found[number] = refused
    while not _run(lesson, cells, student, limits, found):
        pass
    return [found[number] for number in range(len(cells))]


def _run(
    lesson: str, cells: Sequence[Cell], student: str, limits: Limits, found: dict[int, Finding]
) -> bool:
    """Run the cells once and note what becomes of them; did it come to the end?"""
    file = Path(load_lesson(lesson).__file__)
    exercises = file.read_text("utf-8")
    job = {
        "exercises": exercises,
        "cells": [asdict(cell) for cell in cells],
        # Not again: what was refused, what stopped an earlier run, what is judged.
        "done": [n for n, finding in found.items() if finding.kind not in ("ran", "failed")],
        "megabytes": limits.megabytes,
    }
    at, why = -1, "it ended the process, or wanted more memory than is allowed"
    with tempfile.TemporaryDirectory() as scratch:
        walls = _walls(Path(scratch), file, exercises) if limits.isolate else []
        process = subprocess.Popen(
            [*walls, sys.executable, "-P", "-m", "facecourse.classroom.sandbox"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=scratch,
            env=_environment(scratch, student),
            encoding="utf-8",
            start_new_session=True,
        )
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_listen, args=(process.stdout, lines), daemon=True).start()
        try:
            process.stdin.write(json.dumps(job))
            process.stdin.close()
            for _ in range(2 * len(cells) + 1):
                told = json.loads(lines.get(timeout=limits.seconds if at >= 0 else START))
                at = told["at"]
                if at == len(cells):
                    return True
                if "kind" in told:
                    found[at] = Finding(told["kind"], told["message"])
        except queue.Empty:
            why = f"it took longer than {limits.seconds:g} seconds"
        except (OSError, ValueError, KeyError, TypeError):
            pass  # the process has ended, or something in it speaks in its place
        finally:
            _end(process)
    if at not in range(len(cells)):
        raise RuntimeError("a submission could not be run: its process ended before the first cell")
    found[at] = Finding("stopped", f"This was stopped: {why}.")
    return False


def _listen(stream: TextIO, lines: queue.Queue[str]) -> None:
    for line in stream:
        lines.put(line)
    lines.put("")


def _end(process: subprocess.Popen[str]) -> None:
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)  # and whatever it has started
    process.kill()
    process.wait()


def _walls(scratch: Path, file: Path, exercises: str) -> list[str]:
    """The command that walls a process in: it reads the disk, where the lesson's exercises are
    those of the edition for a class, writes `scratch`, and finds no network and no other process.
    """
    if shutil.which("bwrap") is None:
        raise RuntimeError(
            "submissions run behind bubblewrap, which was not found: install it (apt install "
            "bubblewrap), or set c.Judge.isolate = False on a machine with nothing to lose, such "
            "as a container without a network"
        )
    stripped = scratch / "exercises.py"
    stripped.write_text(strip_exercises(exercises), "utf-8")
    options = "--unshare-all --die-with-parent --new-session --ro-bind / / --dev /dev --proc /proc"
    binds = ["--bind", scratch, scratch, "--ro-bind", stripped, file, "--chdir", scratch]
    return ["bwrap", *options.split(), *map(str, binds)]


def _environment(scratch: str, student: str) -> dict[str, str]:
    """A poor one, so that nothing of the teacher's account goes along."""
    seed = int(hashlib.sha256(student.encode()).hexdigest()[:8], 16)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "FACELIB_FACES")}
    return kept | {
        "HOME": scratch,
        "TMPDIR": scratch,
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "FACELIB_GRADING_SEED": str(seed),
    }
