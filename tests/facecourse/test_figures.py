"""A stored notebook says of stored evidence what the figures of its lesson say today."""

import ast
import html
import re

import nbformat
import pytest

from facecourse.kit import evidence
from facecourse.ladder import rungs
from notebooks.build import sources, stored, text
from notebooks.verify import committed


def is_figure(code: ast.stmt, loaded: set[str], known: set[str]) -> bool:
    """Does it draw evidence, or show what is the same everywhere, and nothing that was computed?"""
    names = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)}
    calls = [ast.unparse(node.func) for node in ast.walk(code) if isinstance(node, ast.Call)]
    if not isinstance(code, ast.Expr) or len(calls) != 1 or not names <= known:
        return False
    return ".draw_" in calls[0] or bool(names & loaded)


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.stem)
def test_figures_of_stored_evidence_say_what_the_stored_notebook_says(source, request):
    notebook = nbformat.reads(committed(stored(source)), as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    names, loaded = {}, set()
    for code in ast.parse("\n".join(cell.source for cell in cells)).body:
        if isinstance(code, ast.Assign) and "evidence.load(" in ast.unparse(code):
            exec(ast.unparse(code), names)
            loaded |= set(re.findall(r"\w+", ast.unparse(code.targets[0])))
        elif isinstance(code, ast.Import | ast.ImportFrom):
            exec(ast.unparse(code), names)
    shown = request.getfixturevalue("shown")  # now that the lesson's modules are there
    lines = [(cell, code) for cell in cells for code in ast.parse(cell.source).body]
    figures = [(cell, code) for cell, code in lines if is_figure(code, loaded, set(names))]
    assert figures, "every lesson has one"
    for cell, code in figures:
        exec(ast.unparse(code), names)
        (alt,) = shown
        assert alt in html.unescape("\n".join(map(text, cell.outputs)))
        shown.clear()


def test_the_picture_of_the_rungs_says_size_speed_and_what_is_lost(capsys):
    ladder = evidence.load("ladder")
    rungs.draw_rungs(ladder, ["teacher", "student, 8 bits"])
    cost, lost = (ladder[part]["student, 8 bits"] for part in ("costs", "lost"))
    assert (
        f"student, 8 bits {cost['times smaller']:.1f} times smaller, "
        f"{cost['times faster'].value:.1f} times faster, {lost['0.1 %'].value:.1f} and "
        f"{lost['0.01 %'].value:.1f} points lost"
    ) in capsys.readouterr().out
