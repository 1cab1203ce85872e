"""What a class costs its server: `python -m benchmarks.classroom` (Linux, some 15 minutes)

1, 4 or 8 kernels run a lesson at the same moment, as "Run All" does in the quick profile, half of
them lesson 03 and half 05, on two threads each or on one; a kernel alone comes first and last.
Memory is PSS: what processes share counts once. `extrapolate` says what thirty students would take.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from nbclient import NotebookClient

from benchmarks import RESULTS
from facecourse.kit import evidence
from facecourse.learn import QUIET, lessons, read_source

SOURCES = [path for path in lessons() if path.stem[:2] in ("03", "05")]
ROUNDS = [(1, 2), (4, 2), (8, 2), (8, 1), (1, 1), (1, 2)]  # kernels, threads
EVERY = 2.0  # seconds between two looks at the memory
STUDENTS, CORES = 30, (8, 16, 32)
MIB = 2**20


class Student:
    """Who runs a lesson in a kernel; `row` says what it took: seconds, CPU seconds, MiB at most."""

    def __init__(self, source: Path) -> None:
        self.client = NotebookClient(read_source(source), timeout=600)
        self.row: dict[str, Any] = {"lesson": source.stem[:2], "cpu": 0.0, "pss": 0.0, "rss": 0.0}

    async def run(self, environment: dict[str, str]) -> None:
        """The whole lesson, with the start of its kernel."""
        start = time.perf_counter()
        await self.client.async_execute(env=environment)
        self.row["seconds"] = time.perf_counter() - start

    def look(self) -> float:
        """Note what the kernel has used by now; its PSS in MiB, 0 where there is no kernel."""
        provisioner = self.client.km and self.client.km.provisioner
        if not (provisioner and provisioner.has_process):
            return 0.0
        try:
            process = psutil.Process(provisioner.pid)
            memory, times = process.memory_full_info(), process.cpu_times()
        except (psutil.Error, OSError):  # it has ended meanwhile
            return 0.0
        self.row["cpu"] = times.user + times.system
        share = getattr(memory, "pss", memory.uss) / MIB  # only Linux knows a fair share
        self.row["pss"] = max(self.row["pss"], share)
        self.row["rss"] = max(self.row["rss"], memory.rss / MIB)
        return share


async def run_class(kernels: int, threads: int, folder: str) -> dict[str, Any]:
    """Let `kernels` students run a lesson at once; one alone runs both, in turn.

    Returns:
        kernels; threads; load, the machine's before; each, a row a lesson; MiB, the peak PSS of all
        together.
    """
    environment = {name: word for name, word in os.environ.items() if "NUM_THREADS" not in name}
    environment |= {"FACELIB_THREADS": str(threads), "GOMP_SPINCOUNT": "10000"}
    environment |= {"IPYTHONDIR": folder, "FACELIB_PROGRESS": folder, "FACELIB_PROFILE": "quick"}
    each, together, load = [], [], psutil.getloadavg()[0]
    turns = [[source] for source in SOURCES] if kernels == 1 else [SOURCES * (kernels // 2)]
    for turn in turns:
        students = [Student(source) for source in turn]
        runs = asyncio.gather(*(student.run(environment) for student in students))
        while not runs.done():
            await asyncio.sleep(EVERY)
            together.append(sum(student.look() for student in students))
        await runs  # a lesson that failed says so here
        each += [student.row for student in students]
    about = {"kernels": kernels, "threads": threads, "load": load}
    return {**about, "MiB": max(together), "each": each}


def measure_servers(folder: str) -> float:
    """Mean PSS in MiB of four JupyterLab servers without a kernel, at once."""
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *QUIET]
    running = [subprocess.Popen(command, cwd=folder) for _ in range(4)]
    time.sleep(20)
    found = [psutil.Process(server.pid).memory_full_info().pss for server in running]
    for server in running:
        server.terminate()
        server.wait()
    return statistics.mean(found) / MIB


def extrapolate(rounds: list[dict[str, Any]], server: float, threads: int) -> dict[str, Any]:
    """Thirty students, each with a server and one kernel on so many threads.

    Memory is a line through the peaks of the rounds. Where all run a lesson at once, they share
    cores like these evenly: it takes as long as a lesson's CPU time in the fullest round, times the
    students, over the cores, and no less than a kernel alone.
    """
    rounds = [one for one in rounds if one["threads"] == threads]
    counts = [one["kernels"] for one in rounds]
    own, shared = np.polyfit(counts, [one["MiB"] for one in rounds], 1)
    cpu = statistics.mean(row["cpu"] for row in rounds[int(np.argmax(counts))]["each"])
    alone = [row["seconds"] for one in rounds if one["kernels"] == 1 for row in one["each"]]
    least = statistics.mean(alone)
    return {
        "threads": threads,
        "MiB a kernel": own,
        "MiB shared": shared,
        "GiB": (shared + STUDENTS * (own + server)) / 1024,
        "CPU seconds": cpu,
        "minutes by cores": {n: max(least, STUDENTS * cpu / n) / 60 for n in CORES},
    }


def main(rounds: list[tuple[int, int]] = ROUNDS, folder: Path = RESULTS) -> None:
    """Measure, print, and store classroom.json in `folder`."""
    done = []
    with tempfile.TemporaryDirectory() as scratch:
        server = measure_servers(scratch)
        for kernels, threads in rounds:
            done.append(asyncio.run(run_class(kernels, threads, scratch)))
            seconds = statistics.median(row["seconds"] for row in done[-1]["each"])
            print(f"{kernels} on {threads}: {seconds:.0f} s, {done[-1]['MiB']:.0f} MiB", flush=True)
    found = {"MiB a server": server, "rounds": done, "students": STUDENTS}
    found["extrapolated"] = [extrapolate(done, server, threads) for threads in (1, 2)]
    evidence.write("classroom", found, folder)


if __name__ == "__main__":
    main()
