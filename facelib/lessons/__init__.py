"""What the notebooks share: exercises and quizzes, profiles, cost cards, widgets."""

from facelib.lessons.exercise import Exercise, Outcome, ____
from facelib.lessons.profile import pick

__all__ = ["Exercise", "Outcome", "____", "pick"]
