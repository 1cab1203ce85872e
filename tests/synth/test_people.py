"""People who must not meet have seeds of their own, and everybody takes them from one table."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest

from facelib.synth.people import PEOPLE, pick_seed

ROOT = Path(__file__).parents[2]
SOURCES = [
    file
    for folder in ("facelib", "facecourse", "benchmarks", "notebooks/src")
    for file in (ROOT / folder).rglob("*.py")
    if file.name != "people.py"
]


def seeds(name: str) -> range:
    return range(PEOPLE[name].first, PEOPLE[name].first + PEOPLE[name].count)


def test_no_two_groups_of_people_share_a_seed():
    ranges = sorted(map(seeds, PEOPLE), key=lambda numbers: numbers.start)
    assert all(low.stop <= high.start for low, high in pairwise(ranges))


def test_whoever_is_judged_is_above_all_that_is_learnt_in_training():
    assert {people.use for people in PEOPLE.values()} == {"learn", "choose", "judge"}
    for name in ("kept", "clips learnt", "pool"):
        assert seeds(name).stop <= 2**20, name
    for name, people in PEOPLE.items():
        assert people.use == "learn" or people.first >= 2**20, name


def test_the_seeds_with_which_the_evidence_was_measured_stay():
    for name, first in (
        ("kept", 0), ("clips learnt", 2**18), ("pool", 2**19),
        ("crowd", 2**20), ("attacker", 2**24),
        ("victims", 3 * 2**24), ("enrolled", 3 * 2**24 + 2), ("clips tried", 2**27),
        ("pruning", 2**28), ("calibration", 2**29), ("varied", 2**29 + 2**20),
        ("varied, choice", 2**29 + 2**21), ("groups, choice", 2**29 + 2**22),
        ("groups, skin", 2**29 + 2**22 + 1), ("cuts", 2**29 + 2**23), ("tried", 2**29 + 2**24),
        ("thresholds", 2**29 + 2**25), ("ladder", 2**30), ("last look", 2**30 + 1),
    ):  # fmt: skip
        assert PEOPLE[name].first == first == pick_seed(name)


def test_every_name_of_the_table_is_used_and_no_seed_of_it_stands_elsewhere():
    """The powers of two that nothing but seeds is counted in."""
    used, elsewhere = set(), []
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "pick_seed":
                used.add(ast.literal_eval(node.args[0]))
            power = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)
            if power and ast.unparse(node) in {f"2 ** {n}" for n in (19, 24, 25, 27, 28, 29)}:
                elsewhere.append(f"{file}: {ast.unparse(node)}")
    assert used == set(PEOPLE)
    assert not elsewhere


@pytest.mark.parametrize(("name", "number"), [("nobody", 0), ("ladder", 1), ("crowd", -1)])
def test_people_and_seeds_that_there_are_not_are_named(name, number):
    with pytest.raises(ValueError, match=f"no seed {number} of people '{name}'; .*'ladder': 1"):
        pick_seed(name, number)
