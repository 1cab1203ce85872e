"""The command `facelib` as it is installed: the library's own commands, `learn` and `class`."""

from facecourse.classroom.cli import classroom
from facecourse.learn import learn
from facelib.app.cli import commands

commands.add_command(learn)
commands.add_command(classroom)

if __name__ == "__main__":
    commands(prog_name="facelib")
