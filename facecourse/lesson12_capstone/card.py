"""A model card: the measured half is filled in, the other half only its maker can write.

Mitchell et al. 2019, "Model cards for model reporting", https://doi.org/10.1145/3287560.3287596.
"""

from __future__ import annotations

from collections.abc import Mapping

from facecourse.lesson12_capstone.scoring import Score

ASKED = {
    "purpose": "what the door is for, and who uses it",
    "not for": "what nobody may use it for",
    "when it errs": "what happens to somebody who is wrongly kept out, or let in",
    "consent and deletion": "who has agreed to what, and how templates are deleted",
}
WORDS = 8  # of an answer, at least


def missing(words: Mapping[str, str]) -> str | None:
    """What is missing in the maker's half, or None."""
    for name, wanted in ASKED.items():
        said = words.get(name, "")
        if not isinstance(said, str) or len(said.split()) < WORDS or "____" in said:
            return f'"{name}" is not said yet, in {WORDS} words or more: {wanted}.'
    if len({words[name].strip().lower() for name in ASKED}) < len(ASKED):
        return "Two of the answers are the same: each asks something else."
    return None


def write_card(name: str, score: Score, words: Mapping[str, str]) -> str:
    """A card in Markdown.

    Raises:
        ValueError: what the maker has to say is missing.
    """
    if fault := missing(words):
        raise ValueError(fault)
    told = "\n\n".join(f"## {head.capitalize()}\n\n{words[head].strip()}" for head in ASKED)
    return f"""# {name}

{told}

## Measured

- {score}
- Of the group served worst, {100 * score.worst.value:.1f} % of genuine pairs are rejected.
- All of these people don't exist. On photographs it errs far more often: measure it there, by
  `facelib evaluate`.
- SHA-256 {score.sha256}
"""
