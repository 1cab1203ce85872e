"""The commands of a class, `facelib class`."""

from __future__ import annotations

import click

from facecourse.classroom.assign import assign


@click.group("class")
def classroom() -> None:
    """For whoever teaches: assignments, reports, hand-ins without faces."""


classroom.add_command(assign)
