"""The edition for a class: exercises with neither answers nor checkers nor hints that tell.

`tools/class_wheel.py` packs it for students, and what they hand in runs in it, so that it can't ask
the package for the answer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

COURSE = Path(__file__).parents[1]
KEPT = {"prompt", "starter", "hints", "context"}  # what a student may know of an exercise


def strip_exercises(source: str) -> str:
    """A lesson's `exercises.py` as students may read it: what is asked, the first hint, and what
    these need."""
    statements = ast.parse(source).body
    makers = {name: node for node in statements for name in _defines(node)}
    wanted = [node for node in statements if _strip(node)]
    for node in wanted:  # grows while it is walked
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        needed = [makers[name] for name in sorted(names & set(makers))]
        wanted += [node for node in needed if node not in wanted]
    kept = [node for node in statements if node in wanted]
    return ast.unparse(ast.Module([*statements[:2], *kept], [])) + "\n"


def _defines(node: ast.stmt) -> list[str]:
    """The names that a statement of a module defines."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = [*getattr(node, "targets", ()), *filter(None, [getattr(node, "target", None)])]
    parts = [part for target in targets for part in ast.walk(target)]
    return [part.id for part in parts if isinstance(part, ast.Name)]


def _strip(node: ast.stmt) -> bool:
    """Take the answer out of an exercise; is it one, or does it collect them?"""
    call = getattr(node, "value", None)
    maker = getattr(getattr(call, "func", None), "id", "")
    if maker == "Exercise":
        call.keywords = [keyword for keyword in call.keywords if keyword.arg in KEPT]
        for keyword in call.keywords:
            if keyword.arg == "hints":
                del keyword.value.elts[1:]
    return maker in ("Exercise", "collect")


def strip_course(folder: Path, lessons: Path) -> None:
    """Make a copy of `facecourse` in `folder` a student's: exercises are stripped, and modules go
    that neither the lessons (scripts in `lessons`) nor the commands use, checkers among them."""
    for path in folder.glob("lesson*/exercises.py"):
        path.write_text(strip_exercises(path.read_text("utf-8")), "utf-8")
    modules = {path: _dotted(path, folder) for path in sorted(folder.rglob("*.py"))}
    files = {dotted: path for path, dotted in modules.items()}
    used = [files[f"{folder.name}.cli"], files[f"{folder.name}.kit.cards"]]
    for path in lessons.glob("*.py"):
        used += [files[name] for name in _imports(path) if name in files]
    for path in used:  # grows while it is walked
        used += [files[n] for n in _imports(path) if n in files and files[n] not in used]
    for path in modules:
        if path not in used and path.name != "__init__.py":
            path.unlink()


def _dotted(path: Path, folder: Path) -> str:
    parts = path.relative_to(folder.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> Iterator[str]:
    """What a module imports, `a.b` for `from a import b`, too, which may be a module."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
