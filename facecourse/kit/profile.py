"""How long a lesson may take: smoke (seconds, for tests), quick (a minute or so), full (a GPU)."""

import os
from typing import TypeVar

from facecourse.kit.faces import choose_faces

T = TypeVar("T")
PROFILES = ("smoke", "quick", "full")


def choose_profile(profile: str | None) -> str:
    """The profile itself; None takes the environment variable FACELIB_PROFILE, else quick.

    Every lesson begins with it, so that a mistyped name is found before anything has run, and so
    that drawn people (`choose_faces`) are called so.

    Raises:
        ValueError: a profile that isn't one of the three, or FACELIB_FACES has a value unknown.
    """
    profile = profile or os.environ.get("FACELIB_PROFILE") or "quick"
    if profile not in PROFILES:
        raise ValueError(f"profile must be one of {', '.join(PROFILES)}, got {profile!r}")
    choose_faces()
    return profile


def pick(profile: str | None, *, smoke: T, quick: T, full: T) -> T:
    """The value for a profile.

    Raises:
        ValueError: as `choose_profile`.
    """
    return {"smoke": smoke, "quick": quick, "full": full}[choose_profile(profile)]
