"""What each module of evidence stores has the keys of the file that is committed, and what rivals
learn by was chosen among enough: a best rate at an edge may have a better beyond."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from unittest.mock import MagicMock, create_autospec

import pytest

from facecourse.kit import evidence
from facecourse.lesson04_transfer import evidence as lesson04
from facecourse.lesson05_embeddings import evidence as lesson05
from facecourse.lesson06_distillation import evidence as lesson06
from facecourse.lesson08_quantization import evidence as lesson08
from facecourse.lesson09_recurrent import evidence as lesson09
from facelib.files import read_json

FILES = [path for path in evidence.COURSE.glob("*/*.json") if path != evidence.BOARD]
SPEED = ("roofs", "networks")
VERIFICATION = ("lost", "others", "steps", "TAR", "worst group")
# What the stubs give that a main looks into; a module's stub stands here whole.
FOUND = {
    "lesson02_learning.evidence": {"measure_remedies": {}},
    "lesson03_sharing.evidence": {"rows": ((), {}), "mouths": ({}, {})},
    "lesson08_quantization.dial": {"tar_at_low_far": (0, 0)},
    "lesson05_embeddings.zero_shot": {"choose": ("", None, {})},
    "lesson05_embeddings.scraped": {
        "zero_shot": MagicMock(SQUARE=(), **{"choose.return_value": ("", MagicMock(), {})}),
        "lfw": MagicMock(**{"of_pairs.return_value": (MagicMock(), MagicMock(), None)}),
    },
    "lesson07_pruning.evidence": {
        "pruning": MagicMock(**{"measure_speed.return_value": dict.fromkeys(SPEED)})
    },
    "lesson10_robustness.evidence": {
        "experiment": MagicMock(**{"detect_skin.return_value": (0, 0)}),
        "load_rungs": dict.fromkeys(("teacher", "compact")),
        "groups": dict.fromkeys(("groups", "changes")),
    },
    "lesson11_privacy.evidence": {"doors": ({}, {})},
    "lesson09_recurrent.evidence": {"recall": ({}, {}), "people": ({}, {}), "rows": ({}, {}, {})},
    "ladder.ladder": {"verification": dict.fromkeys(VERIFICATION)},
}


def stub_all(module, found, monkeypatch):
    """Put a stub in the place of everything that the module's main could call."""
    for name, value in list(vars(module).items()):
        called = inspect.ismodule(value) or callable(value)
        if called and name != "main" and not name.startswith("__"):
            stub = create_autospec(value) if inspect.isfunction(value) else MagicMock()
            stub.return_value = found.get(name, MagicMock())
            stub = stub.return_value if inspect.ismodule(value) else stub
            monkeypatch.setattr(module, name, stub)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_the_command_that_a_file_names_runs_its_module_which_stores_the_files_keys(
    path, monkeypatch, tmp_path
):
    _, _, name, *words = read_json(path)["command"].split()
    module = importlib.import_module(name)
    call = "main(Path(sys.argv[1]))" if words == ["FOLDER"] else "main()"
    main = inspect.getsource(module).partition('if __name__ == "__main__":')[2]
    assert main.rstrip().endswith(f"    {call}")
    stub_all(module, FOUND.get(f"{path.parent.name}.{path.stem}", {}), monkeypatch)
    (tmp_path / "0").mkdir()  # of a first seed
    module.main(*[tmp_path] if "FOLDER" in words else [])
    (name, payload, folder), _ = module.evidence.write.call_args
    assert folder / f"{name}.json" == path
    assert list(payload) == [key for key in read_json(path) if key not in evidence.ABOUT]


def chosen() -> Iterator[tuple]:
    """Lesson and arm, what was chosen, and all that was tried."""
    for arm, rates in lesson04.TRIED.items():
        yield f"04, {arm}", lesson04.experiment.RATES[arm], rates
    for loss, setting in evidence.load("05")["settings"].items():
        yield f"05, {loss}, rate", setting["rate"], lesson05.RATES
        if setting["scale"] is not None:
            yield f"05, {loss}, scale", setting["scale"], lesson05.SCALES
    for arm, rate in evidence.load("06")["rates"]["best"].items():
        yield f"06, {arm}", rate, lesson06.RATES
    for arm, rate in evidence.load("08")["rates"].items():
        yield f"08, {arm}", rate, lesson08.RATES
    # Recall is left out: some cells know everything at any of several rates, and others nothing.
    rates = evidence.load("09")["rates"]
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
