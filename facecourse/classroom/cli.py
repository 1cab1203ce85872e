"""The commands of a class, `facelib class`."""

from __future__ import annotations

import click

from facecourse.classroom.assign import assign
from facecourse.classroom.report import report


@click.group("class")
def classroom() -> None:
    """For whoever teaches: assignments, reports, hand-ins without faces."""


for command in (assign, report):
    classroom.add_command(command)
