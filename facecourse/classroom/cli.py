"""The commands of a class, `facelib class`."""

from __future__ import annotations

import click

from facecourse.classroom.strip import strip


@click.group("class")
def classroom() -> None:
    """For whoever teaches: assignments, reports, hand-ins without faces.

    \b
    facelib class strip submitted --out without-faces
    """


classroom.add_command(strip)
