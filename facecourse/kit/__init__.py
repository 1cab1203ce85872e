"""What the notebooks share: exercises, profiles, evidence, records and the board."""

import importlib
import pkgutil
from types import ModuleType

import facecourse
from facecourse.kit.exercise import Exercise, ____
from facecourse.kit.profile import choose_profile, pick
from facecourse.kit.record import record
from facecourse.kit.scoreboard import Scoreboard

__all__ = ["Exercise", "Scoreboard", "____", "choose_profile", "load_lesson", "pick", "record"]


def load_lesson(number: str) -> ModuleType:
    """The module that declares the EXERCISES of lesson `number` ("01").

    Raises:
        ValueError: no lesson has this number.
    """
    for found in pkgutil.iter_modules(facecourse.__path__):
        if found.name.startswith(f"lesson{number}_"):
            return importlib.import_module(f"facecourse.{found.name}.exercises")
    raise ValueError(f"no lesson {number!r} in {facecourse.__name__}")
