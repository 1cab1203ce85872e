"""The command `facelib` as it is installed: the library's own commands, `learn` and `class`."""

import sys

try:
    from facelib.app.cli import commands
except ValueError as error:  # of FACELIB_THREADS, which facelib reads before anything else
    print(f"Error: {error}", file=sys.stderr)
    raise SystemExit(2) from error

from facecourse.classroom.cli import classroom
from facecourse.learn import learn

commands.add_command(learn)
commands.add_command(classroom)

if __name__ == "__main__":
    commands(prog_name="facelib")
