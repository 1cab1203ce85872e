"""The course on a stick, for a room without a network: `python tools/wheelhouse.py build STICK`.

`build` lets pip collect every wheel that requirements.txt pins, and the course's own, for the
system and the Python it runs on, with their SHA-256 and a copy of this file. On such a machine
`python STICK/wheelhouse.py install STICK --into VENV` checks and installs them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

HERE = Path(__file__).resolve()
MANIFEST = "manifest.json"
# Torch for Linux without CUDA; for Windows and macOS the ordinary wheels are so already.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PLACE = f"Python {sysconfig.get_python_version()} on {sysconfig.get_platform()}"


def build(folder: Path, more: list[str], cuda: bool, students: bool = False) -> None:
    """Fill an empty folder with the wheels of requirements.txt and of `more` files of pins; the
    course's own is that of a class, without solutions, if it is for students."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        sys.exit(f"{folder} is not empty, and old wheels would be installed too: name a new folder")
    pins = HERE.parents[1] / "requirements.txt"
    if sys.platform == "linux" and not cuda:
        torch = re.findall(r"^torch(?:vision)?==\S+", pins.read_text("utf-8"), re.MULTILINE)
        hint = f"\nIs {CPU_INDEX} within reach? With --cuda it is not asked: 3 GiB more."
        collect(folder, ["--no-deps", "--index-url", CPU_INDEX, *torch], hint)
    # Where both are found, pip takes 2.15.0+cpu before 2.15.0.
    files = [word for file in (pins, *more) for word in ("-r", str(file))]
    collect(folder, ["--find-links", str(folder.resolve()), *files])
    if students:
        from class_wheel import pack

        for whole in folder.glob("compact_face_course-*.whl"):
            whole.unlink()
        pack(folder)
    seal(folder)


def collect(folder: Path, arguments: list[str], hint: str = "") -> None:
    """Put into `folder` what `pip wheel` makes of these arguments in the repository."""
    command = [sys.executable, "-m", "pip", "wheel", "--wheel-dir", folder.resolve(), *arguments]
    if subprocess.run(command, cwd=HERE.parents[1]).returncode:
        sys.exit(f"pip could not collect the wheels; its own words stand above.{hint}")


def seal(folder: Path) -> None:
    """Write down which wheels `folder` holds, their SHA-256, and for which machines they are."""
    wheels = {path.name: sha256(path) for path in sorted(folder.glob("*.whl"))}
    manifest = json.dumps({"for": PLACE, "sha256": wheels}, indent=1)
    (folder / MANIFEST).write_text(manifest + "\n", "utf-8")
    shutil.copy(HERE, folder)
    size = sum((folder / name).stat().st_size for name in wheels) / 2**20
    print(f"{len(wheels)} wheels of {size:,.0f} MiB. On a machine without a network ({PLACE}):")
    print(f"  python {folder / HERE.name} install {folder} --into VENV")


def check(folder: Path) -> list[Path]:
    """The wheels of a folder, which are for this machine, all there, and as they were sealed.

    Raises:
        ValueError: they are not; it names every missing and every damaged wheel.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        wheels, place = manifest["sha256"], manifest["for"]
    except (OSError, ValueError, KeyError) as error:
        wanted = f"want a folder that `wheelhouse.py build` has filled, with a whole {MANIFEST}"
        raise ValueError(f"{folder}: {wanted} ({error!r})") from error
    if place != PLACE:
        raise ValueError(f"{folder} is for {place}, this is {PLACE}: build it on such a machine")
    paths = {folder / name: digest for name, digest in wheels.items()}
    spoilt = [f"{path.name} is missing" for path in paths if not path.is_file()]
    spoilt += [
        f"{path.name} is damaged"
        for path, digest in paths.items()
        if path.is_file() and sha256(path) != digest
    ]
    if spoilt:
        raise ValueError(f"nothing is installed from {folder}: {', '.join(spoilt)}: copy it again")
    return list(paths)


def install(folder: Path, into: Path | None) -> None:
    """Check, then install exactly these wheels, into an environment that is made where none is."""
    wheels, python = check(folder), Path(sys.executable)
    if into:
        python = into / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        if not python.exists():
            venv.create(into, with_pip=True)
    print(
        f"{len(wheels)} wheels are whole; pip installs them, which takes some minutes", flush=True
    )
    # Nothing is resolved: `build` has, and here is all that it found.
    command = [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", *wheels]
    if subprocess.run(command).returncode:
        sys.exit("pip could not install the wheels; its own words stand above")
    print(f"installed for {python}: now `facelib doctor` of that environment")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """The two commands."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    filling = commands.add_parser("build", help="collect the wheels, with a network")
    filling.add_argument("-r", dest="more", action="append", default=[], help="more pins")
    filling.add_argument("--cuda", action="store_true", help="torch for a GPU: 3 GiB on Linux")
    filling.add_argument("--students", action="store_true", help="the course without solutions")
    installing = commands.add_parser("install", help="check and install them, without a network")
    installing.add_argument("--into", type=Path, metavar="VENV", help="else into this Python")
    for command in (filling, installing):
        command.add_argument("folder", type=Path)
    asked = vars(parser.parse_args())
    try:
        {"build": build, "install": install}[asked.pop("command")](**asked)
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
