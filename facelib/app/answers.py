"""How every command answers: in words or in JSON, and by its exit code."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

# What was found, for a program; the same in words; and whether that is exit code 1.
Answer = tuple[dict[str, Any], str] | tuple[dict[str, Any], str, bool]


class Refusal(click.ClickException):
    """What can't be done, why, and what to do: exit code 2."""

    exit_code = 2


def answering(command: Callable[..., Answer]) -> Callable[..., None]:
    """Give a command --json, print its answer, and turn the library's errors into a `Refusal`."""

    @click.option("--json", "as_json", is_flag=True, help="Print it for a program.")
    @wraps(command)
    def run(*args: Any, as_json: bool, **options: Any) -> None:
        try:
            found, words, *failed = command(*args, **options)
            said = json.dumps(found, indent=1, allow_nan=False) if as_json else words
        except ModuleNotFoundError as error:
            raise Refusal(f"{error}. `facelib doctor` says what is missing") from error
        except (ImportError, MemoryError, OSError, ValueError) as error:
            raise Refusal(str(error) or type(error).__name__) from error
        click.echo(said)
        raise SystemExit(any(failed))

    return run
