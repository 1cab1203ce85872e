"""How every command answers: in words or in JSON, and by its exit code."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print it for a program.")


class Refusal(click.ClickException):
    """What can't be done, why, and what to do: exit code 2."""

    exit_code = 2


def refusing(command: Callable) -> Callable:
    """Turn the library's errors into a `Refusal`."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except ModuleNotFoundError as error:
            raise Refusal(f"{error}. `facelib doctor` says what is missing") from error
        except (ImportError, MemoryError, OSError, ValueError) as error:
            raise Refusal(str(error) or type(error).__name__) from error

    return run


def say(found: dict[str, Any], words: str, as_json: bool) -> None:
    """Print what was found, for a program or for people."""
    click.echo(json.dumps(found, indent=1) if as_json else words)
