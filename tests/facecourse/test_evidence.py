"""What each module of evidence stores has the keys of the file that is committed."""

from __future__ import annotations

import importlib
import inspect
from unittest.mock import MagicMock, create_autospec

import pytest

from facecourse.kit import evidence

MODULES = {
    "01": "lesson01_background.evidence",
    "one_photo": "lesson01_background.one_photo",
    "02": "lesson02_learning.evidence",
    "03": "lesson03_sharing.evidence",
    "04": "lesson04_transfer.evidence",
    "05": "lesson05_embeddings.evidence",
    "zero_shot": "lesson05_embeddings.zero_shot",
    "scraped": "lesson05_embeddings.scraped",
    "06": "lesson06_distillation.evidence",
    "07": "lesson07_pruning.evidence",
    "08": "lesson08_quantization.evidence",
    "dial": "lesson08_quantization.dial",
    "09": "lesson09_recurrent.evidence",
    "10": "lesson10_robustness.evidence",
    "11": "lesson11_privacy.evidence",
    "12": "lesson12_capstone.evidence",
    "ladder": "ladder.evidence",
}
SPEED = ("roofs", "networks")
VERIFICATION = ("lost", "others", "steps", "TAR", "worst group")
# What the stubs give that a main looks into; a module's stub stands here whole.
FOUND = {
    "02": {"measure_remedies": {}},
    "03": {"rows": ((), {}), "mouths": ({}, {})},
    "dial": {"tar_at_low_far": (0, 0)},
    "zero_shot": {"choose": ("", None, {})},
    "scraped": {
        "zero_shot": MagicMock(SQUARE=(), **{"choose.return_value": ("", MagicMock(), {})}),
        "lfw": MagicMock(**{"of_pairs.return_value": (MagicMock(), MagicMock(), None)}),
    },
    "07": {"pruning": MagicMock(**{"measure_speed.return_value": dict.fromkeys(SPEED)})},
    "10": {
        "experiment": MagicMock(**{"detect_skin.return_value": (0, 0)}),
        "load_rungs": dict.fromkeys(("teacher", "compact")),
        "groups": dict.fromkeys(("groups", "changes")),
    },
    "11": {"doors": ({}, {})},
    "09": {"recall": ({}, {}), "people": ({}, {}), "rows": ({}, {}, {})},
    "ladder": {"verification": dict.fromkeys(VERIFICATION)},
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


@pytest.mark.parametrize("name", MODULES)
def test_a_module_stores_the_keys_of_its_committed_file(name, monkeypatch, tmp_path):
    module = importlib.import_module(f"facecourse.{MODULES[name]}")
    stub_all(module, FOUND.get(name, {}), monkeypatch)
    (tmp_path / "0").mkdir()  # of a first seed
    module.main(*[tmp_path] if "FOLDER" in evidence.load(name)["command"] else [])
    (_, payload, folder), _ = module.evidence.write.call_args
    assert list(payload) == [key for key in evidence.load(name) if key not in evidence.ABOUT]
    assert folder == evidence.find(name).parent


def test_every_committed_file_is_stored_by_one_of_these_modules():
    stored = {path for path in evidence.COURSE.glob("*/*.json") if path != evidence.BOARD}
    assert stored == {evidence.find(name) for name in MODULES}


@pytest.mark.parametrize("name", MODULES)
def test_the_command_that_a_file_names_runs_its_module(name):
    _, _, module, *words = evidence.load(name)["command"].split()
    assert module == f"facecourse.{MODULES[name]}"
    code = inspect.getsource(importlib.import_module(module))
    call = "main(Path(sys.argv[1]))" if words == ["FOLDER"] else "main()"
    assert code.partition('if __name__ == "__main__":')[2].rstrip().endswith(f"    {call}")
