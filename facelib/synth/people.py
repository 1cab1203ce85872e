"""Who has which seeds, so that people who must not meet are never the same.

A seed gives the same people whatever their number, another seed gives others: ranges that share no
seed share nobody. Below 2**20 they are for learning; whoever is judged has a larger one. Pictures
that only show something take what small seed they like.
"""

from typing import NamedTuple


class Seeds(NamedTuple):
    """first, count: the range; use: "learn", "choose" or "judge"; why these people are apart."""

    first: int
    count: int
    use: str
    why: str


PEOPLE = {
    "kept": Seeds(0, 2**18, "learn", "whom students see again and again; a seed for some"),
    "clips learnt": Seeds(2**18, 1, "learn", "whose turning heads recurrent networks learn from"),
    "pool": Seeds(2**19, 1, "learn", "a fixed number of people in place of new ones every batch"),
    "crowd": Seeds(2**20, 2**10, "judge", "large galleries, which no network has met"),
    "attacker": Seeds(2**24, 1, "learn", "whom who turns embeddings back into faces has rendered"),
    "victims": Seeds(3 * 2**24, 2, "judge", "whose embeddings are turned back"),
    "enrolled": Seeds(3 * 2**24 + 2, 2, "judge", "among whom a victim is looked for"),
    "clips tried": Seeds(2**27, 2, "judge", "of clips that recurrent networks have not seen"),
    "pruning": Seeds(2**28, 1, "learn", "the whole case of a large network that is pruned"),
    "calibration": Seeds(2**29, 1, "choose", "whose faces set the scales of 8 bits"),
    "varied": Seeds(2**29 + 2**20, 1, "judge", "seen with one cause of variation at a time"),
    "varied, choice": Seeds(2**29 + 2**21, 1, "choose", "thresholds for these"),
    "groups, choice": Seeds(2**29 + 2**22, 1, "choose", "thresholds where groups are compared"),
    "groups, skin": Seeds(2**29 + 2**22 + 1, 1, "judge", "who stay the same but for their skin"),
    "cuts": Seeds(2**29 + 2**23, 1, "choose", "which channels of the student go"),
    "tried": Seeds(2**29 + 2**24, 2**10, "choose", "on whom recipes of compression are tried"),
    "thresholds": Seeds(2**29 + 2**25, 1, "choose", "the door's thresholds for faces like these"),
    "stand-ins": Seeds(2**29 + 2**26, 1, "judge", "in lessons, where ORL's may not be shown"),
    "ladder": Seeds(2**30, 1, "judge", "the rungs of compression, and groups"),
    "fresh": Seeds(2**30 + 2**20, 2**20, "judge", "drawn when a file of the capstone is scored"),
    "last look": Seeds(2**30 + 1, 1, "judge", "looked at once, when all is chosen"),
}


def pick_seed(name: str, number: int = 0) -> int:
    """The seed of `PEOPLE[name]`, or another one of their range.

    Raises:
        ValueError: no such people, or no such seed of theirs.
    """
    if name not in PEOPLE or not 0 <= number < PEOPLE[name].count:
        known = {name: people.count for name, people in PEOPLE.items()}
        raise ValueError(f"no seed {number} of people {name!r}; there are, with so many: {known}")
    return PEOPLE[name].first + number
