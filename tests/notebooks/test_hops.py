"""From a sentence in a lesson to the code behind it: one hop, by the same name."""

import ast
import importlib
import inspect
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = "facelib", "facecourse"
LESSONS = sorted((ROOT / "notebooks" / "src").glob("[0-9]*.py"))


def find_helpers(code):
    """The helpers that some code calls or hands on, by the name it uses: {name: object}."""
    known, found = {}, {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in OURS:
            exec(ast.unparse(node), known)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name | ast.Attribute):
            first, *path = ast.unparse(node).split(".")
            helper = known.get(first)
            for part in path:
                helper = getattr(helper, part, None)
            helper = inspect.unwrap(helper) if callable(helper) else None
            if inspect.isfunction(helper) or inspect.ismethod(helper) or inspect.isclass(helper):
                found[".".join([first, *path])] = helper
    return found


def find_file(helper):
    """The file that defines a helper, from the repository's root."""
    return Path(inspect.getsourcefile(helper)).resolve().relative_to(ROOT)


def find_faults(number, code):
    """What keeps a stranger from the helpers of a lesson."""
    yield from re.findall(r"^from facecourse.* as \w+$", code, re.MULTILINE)
    for name, helper in find_helpers(code).items():
        file = find_file(helper)
        room = file.parts[1] if file.parts[0] == "facecourse" else ""
        if not (room in ("", "kit", "ladder") or room.startswith(f"lesson{number}_")):
            yield f"{name} lies in the folder of another lesson, {file}"
        if not inspect.getdoc(helper):
            yield f"{name} of {file} has no docstring"
        if name.split(".")[-1] != helper.__name__:
            yield f"{name} is called {helper.__name__} in {file}"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_whatever_a_lesson_calls_is_one_hop_away_and_says_what_it_does(path):
    assert list(find_faults(path.stem[:2], path.read_text("utf-8"))) == []


def test_a_hop_into_another_lesson_another_name_and_a_missing_docstring_are_found(monkeypatch):
    code = (
        "from facecourse.lesson02_learning.experiment import score\n"
        "from facelib.data import orl as faces\nscore(1)\nfaces()"
    )
    elsewhere, renamed = find_faults("03", code)
    assert elsewhere.startswith("score lies in the folder of another lesson, facecourse/lesson02")
    assert renamed == "faces is called orl in facelib/data/orl.py"
    experiment = importlib.import_module("facecourse.lesson02_learning.experiment")
    monkeypatch.setattr(experiment.score, "__doc__", None)
    (fault,) = find_faults("02", code.replace(" as faces", "").replace("faces()", "orl()"))
    assert fault.endswith("experiment.py has no docstring")


def test_no_two_modules_of_the_course_define_the_same_public_name():
    places = defaultdict(list)
    for path in (ROOT / "facecourse").rglob("*.py"):
        code = path.read_text("utf-8")
        if path.stem in ("exercises", "evidence") or "\ndef main(" in code:  # programs
            continue
        for node in ast.parse(code).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_":
                places[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: files for name, files in places.items() if len(files) > 1} == {}
