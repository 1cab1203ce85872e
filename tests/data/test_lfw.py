"""LFW: the local layout, scikit-learn's download, and what a damaged copy is told."""

import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import _base as fetcher
from sklearn.datasets import _lfw as fetched
from sklearn.datasets._base import RemoteFileMetadata

from facelib.data import lfw

module = import_module("facelib.data.lfw")  # `facelib.data.lfw` is the function

PEOPLE = {"Ada_B": 3, "Ada_B_C": 2, "Bono": 4, "Cyd_D-E": 1}
PAIRS = """2\t2
Ada_B\t1\t3
Bono\t2\t4
Ada_B\t1\tBono\t1
Cyd_D-E\t1\tAda_B_C\t2
Ada_B_C\t1\t2
Bono\t1\t3
Ada_B\t2\tCyd_D-E\t1
Bono\t4\tAda_B_C\t1
"""


def jpeg(value: int, side: int = 16) -> bytes:
    """A flat square whose red tells it apart; the middle half is blue-less, the rim is not."""
    pixels = np.full((side, side, 3), (value, 0, 200), np.uint8)
    pixels[side // 4 + 1 : -side // 4 - 1, side // 4 + 1 : -side // 4 - 1, 2] = 0
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.fixture
def local(tmp_path: Path) -> Path:
    red = 0
    for name, count in PEOPLE.items():
        (tmp_path / name).mkdir()
        for number in range(1, count + 1):
            red += 20
            (tmp_path / name / f"{name}_{number:04d}.jpg").write_bytes(jpeg(red))
    (tmp_path / "pairs.txt").write_text(PAIRS)
    return tmp_path


def test_what_is_chosen_is_chosen_on_view_1_whose_two_files_are_two_folds(local):
    (local / "pairsDevTrain.txt").write_text("1\nBono\t2\t4\nAda_B\t1\tBono\t1\n")
    (local / "pairsDevTest.txt").write_text("1\nAda_B_C\t1\t2\nBono\t4\tAda_B_C\t1\n")
    faces, pairs, fold = lfw(local, view=1)
    assert len(faces) == 10
    assert torch.stack(pairs[:2], 1).tolist() == [[6, 8], [0, 5], [3, 4], [8, 3]]
    assert pairs.same.tolist() == [True, False, True, False]
    assert fold.tolist() == [0, 0, 1, 1]
    (local / "pairsDevTest.txt").unlink()
    with pytest.raises(FileNotFoundError, match="pairsDevTest.txt"):
        lfw(local, view=1)
    with pytest.raises(ValueError, match=r"want view 1 .* or 2 .*, got 3"):
        lfw(local, view=3)


def test_a_local_folder_gives_faces_pairs_and_folds(local):
    (local / "Bono" / "notes.jpg").write_bytes(b"not one of the set")
    faces, pairs, fold = lfw(local)
    assert faces.names == ("Ada_B", "Ada_B_C", "Bono", "Cyd_D-E")
    assert faces.counts.tolist() == [3, 2, 4, 1]
    assert faces.images.shape == (10, 3, 16, 16)
    # Red tells the photographs apart, so this checks order, channels and decoding at once.
    assert (faces.images[:, 0, 8, 8] - torch.arange(20, 201, 20)).abs().max() <= 5
    assert faces.images[:, 1:, 8, 8].max() <= 3
    assert pairs.left.tolist() == [0, 6, 0, 9, 3, 5, 1, 8]
    assert pairs.right.tolist() == [2, 8, 5, 4, 4, 7, 9, 3]
    assert pairs.same.tolist() == [True, True, False, False] * 2
    assert fold.tolist() == [0] * 4 + [1] * 4


def test_the_environment_variable_says_where_and_an_argument_wins(local, tmp_path, monkeypatch):
    monkeypatch.setenv("FACELIB_LFW", str(local))
    assert len(lfw().faces) == 10
    with pytest.raises(FileNotFoundError, match=r"no LFW folder .*nowhere; want Person"):
        lfw(tmp_path / "nowhere")
    monkeypatch.setenv("FACELIB_LFW", str(tmp_path / "gone"))
    with pytest.raises(FileNotFoundError, match=r"gone \(from FACELIB_LFW\)"):
        lfw()


def test_photographs_of_two_sizes_and_two_files_of_one_photograph_are_refused(local):
    (local / "Bono" / "Bono_0003.jpg").write_bytes(jpeg(9, side=20))
    with pytest.raises(ValueError, match=r"Bono_0003\.jpg is 20 x 20 px, but .* is 16 x 16 px"):
        lfw(local)
    shutil.copy(local / "Bono" / "Bono_0003.jpg", local / "Bono" / "Bono_3.png")
    with pytest.raises(ValueError, match=r"Bono_0003\.jpg and .*Bono_3\.png are both photograph 3"):
        lfw(local)


@pytest.mark.parametrize("content", [b"", b"hello", jpeg(9)[:-200], b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_a_damaged_photograph_is_named_and_no_program_is_started(local, content, monkeypatch):
    (local / "Bono" / "Bono_0003.jpg").write_bytes(content)
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **how: pytest.fail("was started"))
    with pytest.raises(ValueError, match=r"Bono_0003\.jpg can't be used: .*Get it afresh"):
        lfw(local)


def test_names_may_have_another_spelling_or_ending_and_a_list_the_line_ends_of_windows(local):
    for file in (local / "Bono").iterdir():
        file.rename(file.with_name(file.stem.replace("Bono", "Zoe\u0308") + ".PNG"))
    (local / "Bono").rename(local / "Zoe\u0308")
    text = PAIRS.replace("Bono", "Zo\u00eb").rstrip().replace("\n", "\r\n")
    (local / "pairs.txt").write_bytes(text.encode())
    faces, _, fold = lfw(local)
    assert (len(faces), faces.names[-1]) == (10, "Zo\u00eb")
    assert fold.tolist() == [0] * 4 + [1] * 4


def test_a_folder_without_pairs_or_photographs_says_what_is_wanted(local):
    (local / "pairs.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"no official pairs of LFW .*pairs\.txt"):
        lfw(local)
    for photo in local.rglob("*.jpg"):
        photo.rename(photo.with_name("me.jpg"))
    with pytest.raises(FileNotFoundError, match=r"no LFW photograph in .*Person_Name_0001"):
        lfw(local)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2\t2\n", "", r'line 1: want "folds size".*Ada_B'),
        ("2\t2\n", "3\t2\n", r"line 1: 3 folds of 2 \+ 2 pairs need 12 more lines, but 8 follow"),
        ("Bono\t2\t4", "Bono\t2", r'line 3: want "name i j" \(one person\), got'),
        ("Ada_B\t1\tBono\t1", "Ada_B\t1\t2", r'line 4: want "name i name j" \(two people\)'),
        ("Bono\t2\t4", "Bono\t2\t+4", "line 3: want whole numbers after the names"),
        ("Bono\t2\t4", "Bono\t4\t4", "line 3: want two photographs of one person, got"),
        ("Ada_B\t1\tBono\t1", "Ada_B\t1\tAda_B\t2", "line 4: want photographs of two people"),
        ("Bono\t2\t4", "Bono\t2\t5", r"line 3: .*no photograph Bono/Bono_0005\.jpg"),
    ],
)
def test_a_wrong_line_of_pairs_is_named_with_its_number(local, old, new, message):
    file = local / "pairs.txt"
    assert PAIRS.count(old) == 1
    file.write_text(PAIRS.replace(old, new))
    with pytest.raises(ValueError, match=message) as caught:
        lfw(local)
    assert str(file) in str(caught.value)


@pytest.fixture
def mirror(tmp_path, monkeypatch) -> Path:
    """Scikit-learn's fetcher pointed at a small copy of its remote on this disk."""
    remote = tmp_path / "remote"
    remote.mkdir()
    people = {**PEOPLE, "Many_Times": 500}
    with tarfile.open(remote / "photos", "w:gz", compresslevel=1) as archive:
        for red, (name, count) in enumerate(people.items()):
            content = jpeg(40 * red, side=250)
            for number in range(1, count + 1):
                entry = tarfile.TarInfo(f"lfw_funneled/{name}/{name}_{number:04d}.jpg")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    (remote / "text").write_text(PAIRS)

    def at(old: RemoteFileMetadata, file: str) -> RemoteFileMetadata:
        digest = hashlib.sha256((remote / file).read_bytes()).hexdigest()
        return RemoteFileMetadata(old.filename, (remote / file).as_uri(), digest)

    monkeypatch.setattr(fetched, "FUNNELED_ARCHIVE", at(fetched.FUNNELED_ARCHIVE, "photos"))
    monkeypatch.setattr(fetched, "TARGETS", [at(target, "text") for target in fetched.TARGETS])
    monkeypatch.setattr(fetcher.time, "sleep", lambda seconds: None)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))
    monkeypatch.delenv("FACELIB_LFW", raising=False)
    return remote


def test_without_a_local_folder_scikit_learn_fetches_it_once(mirror, tmp_path, monkeypatch):
    """Into a new folder beside the usual one, in which planted pickles would be read."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "another disk, not there"))
    faces, pairs, fold = lfw()
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["lfw_home"]
    assert not list((tmp_path / "home").rglob("joblib"))
    assert faces.names == (*PEOPLE, "Many_Times")
    assert faces.counts.tolist() == [3, 2, 4, 1, 500]
    assert faces.images.shape == (510, 3, 112, 112)
    assert faces.images[:, 2, 3:-3, 3:-3].max() <= 8  # cut to the middle: the blue rim is gone
    assert pairs.left.tolist() == [0, 6, 0, 9, 3, 5, 1, 8]
    assert len(fold) == 8

    shutil.rmtree(mirror)
    (tmp_path / "home" / "lfw_home" / "pairsDevTest.txt").unlink()  # of the other view
    again = lfw()
    assert torch.equal(again.faces.images, faces.images)

    (tmp_path / "home" / "lfw_home" / "lfw-funneled.tgz").touch()
    with pytest.raises(FileNotFoundError, match="unpacked only in part: delete it"):
        lfw()


@pytest.mark.filterwarnings("ignore:Retry downloading")
def test_a_download_that_is_damaged_or_fails_is_not_used_and_the_error_says_a_way_out(mirror):
    with (mirror / "photos").open("ab") as file:
        file.write(b"tampered")
    with pytest.raises(FileNotFoundError, match=r"SHA256 checksum of lfw-funneled\.tgz"):
        lfw()
    shutil.rmtree(mirror)
    with pytest.raises(
        FileNotFoundError, match="not be fetched.*Name_0001.jpg beside pairs.txt.*FACELIB_LFW"
    ):
        lfw()


def test_the_real_lfw_has_its_official_size(lfw_path, monkeypatch):
    nothing = torch.zeros(1, 1, 1, dtype=torch.uint8)  # most of the time would go into decoding
    monkeypatch.setattr(module, "_read_image", lambda file: nothing)
    faces, pairs, fold = lfw(lfw_path)
    assert (len(faces), faces.people) == (13_233, 5_749)
    assert faces.counts[faces.names.index("George_W_Bush")] == 530
    assert torch.equal(fold, torch.arange(6000) // 600)
    assert pairs.same.view(10, 2, 300)[:, 0].all()
    assert torch.equal(faces.person[pairs.left] == faces.person[pairs.right], pairs.same)
