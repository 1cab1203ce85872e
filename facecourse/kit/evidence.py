"""Results of many seeds as JSON, with the machine, the versions, the commit and the command.

They lie beside the code that measured them: `python -m facecourse.lesson07_pruning.evidence` writes
evidence.json into that folder. A lesson plots them, labelled as stored, beside the one or two seeds
it runs live. Each file says what it depends on, so that `python -m benchmarks.all` finds what is
stale.
"""

import ast
import dataclasses
import hashlib
import json
import re
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import psutil

from facecourse.kit.faces import choose_faces
from facelib import files
from facelib.measure import Interval, describe

COURSE = Path(__file__).parents[1]
BOARD = Path(__file__).with_name("scoreboard.json")
ABOUT = "command", "date", "minutes", "machine", "depends"  # what a file says besides its results
WEIGHTS = Path(files.__file__).parent / "models" / "weights"
SHOWING = {  # modules that measure nothing
    Path(__file__).with_name(f"{name}.py")
    for name in ("charts", "evidence", "explore", "scoreboard")
}


def find(name: str) -> Path:
    """The file of a lesson's evidence ("01"), or of another by its name ("ladder", "zero_shot").

    Raises:
        FileNotFoundError: nothing is stored under this name.
    """
    pattern = f"lesson{name}_*/evidence.json" if name.isdecimal() else f"*/{name}.json"
    found = list(COURSE.glob(pattern))
    if not found:
        raise FileNotFoundError(f"no evidence {name!r}: there is no {pattern} in {COURSE.name}")
    return found[0]


def load(name: str) -> dict[str, Any]:
    """What was measured, by the name that `find` takes; what was an `Interval` is one again.

    Raises:
        FileNotFoundError: nothing is stored under this name.
    """
    return files.read_json(find(name), revive)


def read(name: str, folder: Path) -> dict[str, Any]:
    """What `write` stored as `name`."""
    return files.read_json(folder / f"{name}.json")


def write(name: str, payload: dict[str, Any], folder: Path) -> Path:
    """Store `payload` as `name`.json in `folder`, whole or not at all; returns where.

    Tensors and arrays become lists, dataclasses (an Interval) become dicts.

    Raises:
        TypeError, ValueError: JSON can't hold a value, NaN for example, or people are drawn where
            ORL's are meant.
        OSError: it can't be written; an older file stays as it was.
    """
    if choose_faces() != "orl":
        raise ValueError("evidence is measured on ORL: unset FACELIB_FACES, and measure again")
    module = getattr(sys.modules["__main__"], "__spec__", None)
    command = ["python", "-m", module.name] if module else [Path(sys.argv[0]).name]
    command += ["FOLDER" if Path(word).is_dir() else word for word in sys.argv[1:] if module]
    about = {
        "command": " ".join(command),
        "date": date.today().isoformat(),
        "minutes": round((time.time() - psutil.Process().create_time()) / 60, 1),
        "machine": describe(),
        "depends": depends(module.name) if module else {},
    }
    path = folder / f"{name}.json"
    text = json.dumps(about | payload, indent=1, allow_nan=False, default=_plain)
    files.write(path, text.encode() + b"\n")
    return path


def depends(module: str) -> dict[str, str]:
    """What the results of a module depend on: {file: digest}.

    Its own code and what it imports of the course and of the benchmarks, directly or not; weights
    and other evidence that this code names. The library is left out: its tests hold what it does.
    """
    found, waiting = set(), [module]
    while waiting:
        path = _file(waiting.pop())
        if path is None or path in found | SHOWING:
            continue
        found.add(path)
        code = path.read_text("utf-8")
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{part.name}" for part in node.names)]
        found |= {path for path in WEIGHTS.glob("face_*") if path.name.split(".")[0] in code}
        found |= {find(name) for name in re.findall(r'evidence\.load\("(\w+)"\)', code)}
    root = COURSE.parent
    return {path.relative_to(root).as_posix(): digest(path) for path in sorted(found)}


def _file(module: str) -> Path | None:
    """Where a module of the course or of the benchmarks lies; None for any other, or a package."""
    path = COURSE.parent / f"{module.replace('.', '/')}.py"
    return path if module.startswith(("facecourse.", "benchmarks.")) and path.is_file() else None


def digest(path: Path) -> str:
    """SHA-256 of what a file says, 16 digits.

    Of code not its comments, docstrings and layout; of results not what stands beside them.
    """
    content = path.read_bytes()
    if path.suffix == ".py":
        tree = ast.parse(content)
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value = ast.Constant(None)
        content = ast.dump(tree).encode()
    elif path.suffix == ".json":
        results = {k: v for k, v in json.loads(content).items() if k not in ABOUT}
        content = json.dumps(results).encode()
    return hashlib.sha256(content).hexdigest()[:16]


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if hasattr(value, "tolist"):  # tensors, arrays and their single numbers
        return value.tolist()
    raise TypeError(f"results can't hold {value!r}, a {type(value).__name__}")


def revive(stored: dict[str, Any]) -> Any:
    """An `Interval` from what JSON holds of one; anything else as it is."""
    names = {field.name for field in dataclasses.fields(Interval)}
    return Interval(**stored) if set(stored) == names else stored
