"""The command `facelib` as it is installed: the library's own commands, and `learn`."""

from __future__ import annotations

from facecourse.learn import learn
from facelib.app.cli import commands

commands.add_command(learn)

if __name__ == "__main__":
    commands(prog_name="facelib")
