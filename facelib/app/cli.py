"""The command `facelib`. The course adds `learn` to it (facecourse/cli.py)."""

import click

from facelib import __version__
from facelib.app import recognise, workshop
from facelib.app.answers import Answer, answering
from facelib.app.demo import demo

COMPLETION = """\b
Completion of words by the shell (bash; zsh_source and fish_source for others):
  eval "$(_FACELIB_COMPLETE=bash_source facelib)"
"""


@click.group(epilog=COMPLETION)
@click.version_option(__version__, prog_name="facelib")
def commands() -> None:
    """Compact face recognition: a course and the library behind it."""


@commands.command()
@answering
def doctor() -> Answer:
    """Say what this machine has and what is missing; exit with 1 where something must be mended."""
    from facelib.app import doctor as examination

    found = examination.examine()
    return found, examination.describe(found), bool(found["faults"])


for command in (
    recognise.verify, recognise.enroll, recognise.identify, recognise.forget, recognise.enrolled,
    workshop.train, workshop.evaluate, workshop.compress, workshop.export,
    demo,
):  # fmt: skip
    commands.add_command(command)
