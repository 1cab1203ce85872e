"""What takes the place of two of nbgrader's steps when it grades: `nbgrader_config.py` of a course
made by `facelib class assign` names them.

nbgrader would run a submission and the hidden tests in one kernel, where a submission can change
what the tests find, and its points are full where a kernel says nothing at all. Here a cell has
points only for an outcome that the checker of the exercise gave.
"""

from __future__ import annotations

import re
from typing import Any, get_args

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute, NbGraderPreprocessor, OverwriteCells
from nbgrader.utils import is_grade
from traitlets import Bool, Float, Integer

from facecourse.classroom.submission import Cell, Finding, Limits, judge_cells
from facecourse.kit.exercise import Kind, Outcome

ASKS = re.compile(r"lesson(\d\d)_(\w+)_check")  # the grade_id of a cell that judges


class Judge(NbGraderPreprocessor):
    """Runs a submission walled in, and writes into each graded cell its outcome and its points."""

    seconds = Float(120, help="Time for each cell and for each judgement.").tag(config=True)
    megabytes = Integer(6000, help="Memory for a submission.").tag(config=True)
    isolate = Bool(True, help="Wall it in by bubblewrap; False only where nothing can be lost.")
    isolate = isolate.tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        cells = [cell for cell in nb.cells if cell.cell_type == "code"]
        asked = [ASKS.fullmatch(self._name(cell)) if is_grade(cell) else None for cell in cells]
        lesson = next(match[1] for match in asked if match)
        findings = judge_cells(
            lesson,
            [
                Cell("" if a else c.source, a[2] if a else "")
                for c, a in zip(cells, asked, strict=True)
            ],
            resources["nbgrader"]["student"],
            Limits(self.seconds, self.megabytes, self.isolate),
        )
        for cell, found in zip(cells, findings, strict=True):
            cell.outputs = self._outputs(cell, found)
        return nb, resources

    @staticmethod
    def _name(cell: NotebookNode) -> str:
        return cell.metadata.nbgrader.get("grade_id", "")

    @staticmethod
    def _outputs(cell: NotebookNode, found: Finding) -> list[NotebookNode]:
        if is_grade(cell):
            kind = found.kind if found.kind in get_args(Kind) else "error"
            outcome = Outcome(kind, found.message)
            points = cell.metadata.nbgrader.points if found.kind == "correct" else 0
            page = {"text/plain": repr(outcome), "text/html": outcome._repr_html_()}
            return [
                new_output("display_data", page),
                new_output("execute_result", {"text/plain": f"{float(points)}"}, execution_count=1),
            ]
        if not found.message:
            return []
        return [
            new_output("error", ename=found.kind, evalue=found.message, traceback=[found.message])
        ]


class Restore(OverwriteCells):
    """nbgrader's, which puts locked cells back as they were, and which stumbles over cells that
    claim to be the assignment's and aren't: pasted copies, say. Those become a student's own."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if "grade_id" not in cell.metadata.get("nbgrader", {}):
            cell.metadata.pop("nbgrader", None)
        return cell, resources


def _replace(trait: str, old: type, new: type) -> list[type]:
    steps = getattr(Autograde, trait).default()
    return [new if step is old else step for step in steps]


SANITIZE = _replace("sanitize_preprocessors", OverwriteCells, Restore)
AUTOGRADE = _replace("autograde_preprocessors", Execute, Judge)
