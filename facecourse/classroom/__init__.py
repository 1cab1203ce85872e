"""For whoever teaches a class: assignments, grading, reports, hand-ins without faces."""

from __future__ import annotations

from importlib.util import find_spec

import click


def need_nbgrader() -> None:
    """Say what to install where nbgrader is missing.

    Raises:
        click.ClickException: it is.
    """
    if find_spec("nbgrader") is None:
        raise click.ClickException("nbgrader is missing: pip install -r requirements/class.txt")
