"""The command `facelib`. The course adds `learn` to it (facecourse/cli.py)."""

from __future__ import annotations

import json

import click

from facelib import __version__
from facelib.app import doctor as examination
from facelib.app.demo import demo


@click.group()
@click.version_option(__version__, prog_name="facelib")
def commands() -> None:
    """Compact face recognition: a course and the library behind it."""


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Print it for a program.")
def doctor(as_json: bool) -> None:
    """Say what this machine has and what is missing; exit with 1 where something must be mended."""
    found = examination.examine()
    click.echo(json.dumps(found, indent=1) if as_json else examination.describe(found))
    raise SystemExit(bool(found["faults"]))


commands.add_command(demo)
