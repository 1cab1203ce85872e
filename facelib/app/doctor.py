"""What this machine has and what the course would miss; nothing heavy is imported to find out."""

import os
import platform
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

PROJECT = "compact-face-course"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MEND = "pip install -r requirements.txt"
PINS = Path(__file__).parents[2] / "requirements.txt"


def examine() -> dict[str, Any]:
    """What is here, as JSON can hold it; `faults` is empty where nothing must be mended.

    Memory is in gigabytes (1e9 bytes); `threads` is what OMP_NUM_THREADS says by now. `missing` are
    dependencies by the extra that asks for them ("" is facelib itself); only those of facelib and
    of the lessons are faults. `other` are packages of another version than requirements.txt pins:
    {name: [installed, pinned]}; None where there is no such file.
    """
    faults = []
    try:
        about = metadata.metadata(PROJECT)
    except metadata.PackageNotFoundError:
        about = {}
        faults.append(f"the course is not installed in this Python: {MEND}")
    wanted = SpecifierSet(about.get("Requires-Python") or "")
    if not wanted.contains(platform.python_version()):
        here = platform.python_version()
        faults.append(f"Python {here} is not {wanted}: make an environment with one that is")
    missing, unfit = _packages(about)
    mine = getattr(os, "sched_getaffinity", None)  # a container may give fewer than there are
    needed = [name for extra in ("", "lessons", "compress") for name in missing.get(extra, ())]
    if needed or unfit:
        faults.append(f"{', '.join([*needed, *unfit])}: {MEND}")
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "system": platform.platform(),
        "cores": len(mine(0)) if mine else os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "memory": round(psutil.virtual_memory().total / 1e9, 1),
        "memory free": round(psutil.virtual_memory().available / 1e9, 1),
        "gpu": _gpu(),
        "chromium": find_chromium(),
        "missing": missing,
        "unfit": unfit,
        "other": _other_than_pinned(),
        "faults": faults,
    }


def describe(found: dict[str, Any]) -> str:
    """The same for people."""
    pins = found["other"]
    other = [f"{name} {here} (pinned {pin})" for name, (here, pin) in (pins or {}).items()]
    optional = (f"{', '.join(names)} ({extra})" for extra, names in found["missing"].items())
    lines = {
        "Python": f"{found['python']} at {found['executable']}",
        "system": found["system"],
        "cores": found["cores"],
        "threads": f"{found['threads'] or 'all cores'}; FACELIB_THREADS says another number",
        "memory": f"{found['memory']} GB, {found['memory free']} GB of it free",
        "GPU": found["gpu"] or "none that is seen; everything runs without",
        "Chromium": found["chromium"] or "none; only the browser tests want one",
        "not installed": "; ".join(optional) or "nothing",
        "other versions": ", ".join(other) or ("no pins here" if pins is None else "none"),
    }
    said = [f"{name:<15} {words}" for name, words in lines.items()]
    return "\n".join([*said, *(f"TO MEND: {fault}" for fault in found["faults"])])


def find_chromium() -> str | None:
    """The Chromium or Chrome of this machine, or the one that the variable CHROMIUM names."""
    names = (os.environ.get("CHROMIUM", ""), *BROWSERS)
    return next(filter(None, map(shutil.which, names)), None)


def _packages(about: Any) -> tuple[dict[str, list[str]], list[str]]:
    """What of our own dependencies is not installed, by extra, and what is of an unfit version."""
    missing: dict[str, list[str]] = {}
    unfit = []
    for line in metadata.requires(PROJECT) or () if about else ():
        wanted = Requirement(line)
        named = re.search(r"extra == ['\"](\w+)['\"]", line)
        extra = named[1] if named else ""
        if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
            continue
        here = _installed(wanted.name)
        if here is None:
            missing.setdefault(extra, []).append(wanted.name)
        elif not wanted.specifier.contains(here, prereleases=True):
            unfit.append(f"{wanted.name} {here} is not {wanted.specifier}")
    return missing, unfit


def _other_than_pinned() -> dict[str, list[str]] | None:
    if not PINS.exists():  # an installed wheel takes whatever its metadata allow
        return None
    found = {}
    for line in PINS.read_text("utf-8").splitlines():
        if line.startswith(("#", "-e")):
            continue
        pin = Requirement(line)
        here = _installed(pin.name)
        if here and (pin.marker is None or pin.marker.evaluate()) and here not in pin.specifier:
            found[pin.name] = [here, str(pin.specifier).removeprefix("==")]
    return found


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _gpu() -> str | None:
    """The names of the GPUs as their driver knows them; whether torch can use them isn't asked."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "Apple silicon (MPS)"
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return "; ".join(done.stdout.splitlines()) or None
