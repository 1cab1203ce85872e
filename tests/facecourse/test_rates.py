"""What rivals learn by was chosen among enough: a best rate at an edge may have a better beyond."""

from collections.abc import Iterator

import pytest

from facecourse.kit.evidence import read
from facecourse.lesson04_transfer import evidence as lesson04
from facecourse.lesson05_embeddings import evidence as lesson05
from facecourse.lesson06_distillation import evidence as lesson06
from facecourse.lesson08_quantization import evidence as lesson08
from facecourse.lesson09_recurrent import evidence as lesson09


def chosen() -> Iterator[tuple]:
    """Lesson and arm, what was chosen, and all that was tried."""
    for arm, rates in lesson04.TRIED.items():
        yield f"04, {arm}", lesson04.experiment.RATES[arm], rates
    for loss, setting in read("evidence", lesson05.HERE)["settings"].items():
        yield f"05, {loss}, rate", setting["rate"], lesson05.RATES
        if setting["scale"] is not None:
            yield f"05, {loss}, scale", setting["scale"], lesson05.SCALES
    for arm, rate in read("evidence", lesson06.HERE)["rates"]["best"].items():
        yield f"06, {arm}", rate, lesson06.RATES
    for arm, rate in read("evidence", lesson08.HERE)["rates"].items():
        yield f"08, {arm}", rate, lesson08.RATES
    # Recall is left out: some cells know everything at any of several rates, and others nothing.
    rates = read("evidence", lesson09.HERE)["rates"]
    for arm, rate in rates["people"].items():
        yield f"09, {arm}", rate, lesson09.RATES["people"]
    for photos, found in rates["rows"].items():
        for arm, rate in found.items():
            yield f"09, {arm}, {photos}", rate, lesson09.RATES["rows"]


@pytest.mark.parametrize(
    ("best", "tried"), [pytest.param(best, tried, id=name) for name, best, tried in chosen()]
)
def test_no_rate_that_was_chosen_lies_at_an_edge_of_those_tried(best, tried):
    assert best in tried
    assert min(tried) < best < max(tried)
