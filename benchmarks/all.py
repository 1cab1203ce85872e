"""Renew the evidence of the lessons that is stale: python -m benchmarks.all [NAMES] [--list]

Evidence is stale when code, weights or other evidence that it depends on have changed since it was
measured. What others depend on comes first. A run that was stopped goes on where it stopped, for
what is renewed is stale no more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

from facecourse.kit import evidence
from facelib import files

ROOT = evidence.COURSE.parent


def find_all() -> dict[str, Path]:
    """The lessons' evidence by name, in the order in which it can be renewed."""
    every = sorted({*evidence.COURSE.glob("*/*.json")} - {evidence.BOARD})
    needs = {path: [ROOT / file for file in _read(path).get("depends", {})] for path in every}
    return {
        path.parent.name[6:8] if path.stem == "evidence" else path.stem: path
        for path in TopologicalSorter(needs).static_order()
        if path in needs
    }


def find_changes(path: Path) -> list[str]:
    """What some evidence depends on and is no longer as it was, or is new, or is gone."""
    then, now = _read(path).get("depends", {}), _depends_now(path)
    return sorted(file for file in then.keys() | now.keys() if then.get(file) != now.get(file))


def stamp(path: Path) -> None:
    """Say that evidence fits what it depends on as that is now; no result is touched."""
    content = _read(path) | {"depends": _depends_now(path)}
    files.write(path, json.dumps(content, indent=1).encode() + b"\n")


def renew(path: Path, networks: Path | None) -> None:
    """Measure some evidence again, by the command that it names.

    Raises:
        ValueError: it needs the ladder's trained networks, and their folder is not given.
        subprocess.CalledProcessError: the command failed.
    """
    _, *command = _read(path)["command"].split()
    if "FOLDER" in command and networks is None:
        raise ValueError(
            f"{path.name} needs trained networks: train them by "
            "python -m facecourse.ladder.students, and give their folder, --networks FOLDER"
        )
    command = [str(networks) if word == "FOLDER" else word for word in command]
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True)


def main(words: list[str] | None = None) -> None:
    """Renew what is stale, or list it, or stamp it; `words` as on the command line."""
    known, about = find_all(), __doc__.partition("\n")[0].partition(":")[0] + "."
    parser = argparse.ArgumentParser("python -m benchmarks.all", description=about)
    parser.add_argument("names", nargs="*", help=f"which; all if none is named: {', '.join(known)}")
    parser.add_argument("--list", action="store_true", help="only say what is stale, and why")
    parser.add_argument(
        "--stamp",
        action="store_true",
        help="don't measure, but note that the results fit the code as it is now: only where what "
        "has changed can't have changed a number (a new name, another file, a message)",
    )
    parser.add_argument("--networks", type=Path, help="folder of the ladder's trained networks")
    asked = parser.parse_args(words)
    if unknown := [name for name in asked.names if name not in known]:
        parser.error(f"there is no evidence {', '.join(unknown)}; there is {', '.join(known)}")
    known = {name: path for name, path in known.items() if name in asked.names or not asked.names}
    left = {
        name: _read(path).get("minutes", 0) for name, path in known.items() if find_changes(path)
    }
    if not left:
        print("all evidence is fresh")
    for name, path in known.items():
        changes = find_changes(path)  # what came before may have made it stale
        if not changes:
            continue
        print(f"{name}, {_read(path).get('minutes', 0):g} minutes: {', '.join(changes)}")
        if asked.stamp:
            stamp(path)
        elif not asked.list:
            print(f"some {sum(left.values()):.0f} minutes are left", flush=True)
            renew(path, asked.networks)
        left.pop(name, None)


def _depends_now(path: Path) -> dict[str, str]:
    return evidence.depends(_read(path)["command"].split()[2])


def _read(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


if __name__ == "__main__":
    main()
