"""Large folders are packed once, streamed, mapped, rebuilt when stale, and never left half done."""

import errno
import os
import shutil
import time
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import torch

from facelib import files
from facelib.data import decode, folder, pack

module = import_module("facelib.data.folder")  # `facelib.data.folder` is the function
BYTES = 6 * 3 * 16 * 16  # of the six photos, 16 pixels a side


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    monkeypatch.setattr(pack, "LARGE", 0)


def contents(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def packed(photos: Path, ending: str) -> list[Path]:
    return sorted((photos / ".facelib").glob(f"*{ending}"))


@pytest.fixture
def decoded(monkeypatch) -> list[Path]:
    """The photos that were decoded, in order."""
    files, real = [], module._crop
    monkeypatch.setattr(
        module, "_crop", lambda file, **how: files.append(file) or real(file, **how)
    )
    return files


def test_above_the_threshold_the_same_faces_are_mapped_and_writing_to_them_spares_the_file(
    photos, decoded, monkeypatch
):
    monkeypatch.setattr(pack, "LARGE", BYTES)
    in_memory = folder(photos, size=16)
    assert not (photos / ".facelib").exists()
    monkeypatch.setattr(pack, "LARGE", BYTES - 1)
    first, faces = folder(photos, size=16), folder(photos, size=16)
    for mapped in (first, faces):
        assert torch.equal(mapped.images, in_memory.images)
        assert torch.equal(mapped.person, in_memory.person)
        assert (mapped.names, mapped.source) == (in_memory.names, in_memory.source)
    file = packed(photos, ".u8")[0]
    if (maps := Path("/proc/self/maps")).exists():
        assert file.name in maps.read_text()
    before = file.read_bytes()
    faces.images.zero_()
    assert file.read_bytes() == before
    assert folder(photos, size=16).images.any()
    assert len(decoded) == 6 + 6


def test_a_changed_photo_makes_a_new_pack_and_the_old_one_goes(photos, decoded):
    folder(photos, size=16)
    names = packed(photos, "")
    os.utime(photos / "Ben" / "Ben_0002.png", ns=(1, 1))
    decoded.clear()
    folder(photos, size=16)
    assert len(decoded) == 6
    assert len(packed(photos, "")) == 2
    assert not {*names} & {*packed(photos, "")}


def test_a_fingerprint_is_of_names_sizes_and_times_and_of_where_faces_are_cut(photos):
    file = photos / "Ada" / "Ada_0001.png"
    when = file.stat().st_mtime_ns
    cuts, seen = (None, [[0.3, 0.5]], [[0.4, 0.5]]), set()
    for change in (
        lambda: None,
        lambda: os.truncate(file, 9) or os.utime(file, ns=(when, when)),
        lambda: os.utime(file, ns=(1, 1)),
        lambda: file.rename(file.with_name("Ada_0000.png")),
    ):
        change()
        seen |= {pack.fingerprint(photos, sorted(photos.glob("*/*.png")), cut) for cut in cuts}
    assert len(seen) == 3 * 4


@pytest.mark.parametrize(
    "index", [None, "[]", '{"bad": []}', '{"bad": {}}', '{"bad": {"-1": "forged"}, "sha256": ""}']
)
def test_a_pack_without_its_pixels_or_with_another_index_is_made_anew(photos, decoded, index):
    good = folder(photos, size=16).images.clone()
    packed(photos, ".json" if index else ".u8")[0].unlink()
    if index:
        packed(photos, ".u8")[0].with_suffix(".json").write_text(index)
    decoded.clear()
    assert torch.equal(folder(photos, size=16).images, good)
    assert len(decoded) == 6


def test_bad_files_are_remembered_with_the_pack_even_if_there_are_no_others(photos, decoded):
    (photos / "Ada" / "Ada_0000.png").write_bytes(b"")
    for _ in range(2):
        with pytest.raises(ValueError, match=r"Ada/Ada_0000\.png: empty file"):
            folder(photos, size=16)
    with pytest.warns(UserWarning, match=r"Ada/Ada_0000\.png: empty file"):
        faces = folder(photos, size=16, skip_bad=True)
    assert len(decoded) == 7
    assert faces.person.tolist() == [0, 0, 0, 1, 1, 1]
    assert faces.images.shape == (6, 3, 16, 16)
    for file in photos.glob("*/*.png"):
        file.write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="7 files"),
        pytest.raises(ValueError, match="no usable photo of Ada, Ben"),
    ):
        folder(photos, size=16, skip_bad=True)


FULL = OSError(errno.ENOSPC, "No space left on device")
DENIED = PermissionError(errno.EACCES, "Permission denied")
SAID = r"\[Errno 28\].*could not be packed into .*Free that much.*ask for a smaller size"


@pytest.mark.parametrize(
    ("where", "results", "error", "said", "read"),
    [
        ("shutil.disk_usage", [SimpleNamespace(free=BYTES - 1)], OSError, SAID, 0),
        ("pathlib.Path.mkdir", [DENIED], PermissionError, "denied.*that you may write to", 0),
        ("os.fsync", [FULL], OSError, SAID, 6),
        ("os.fsync", [None, FULL], OSError, SAID, 6),
        ("os.fsync", [KeyboardInterrupt], KeyboardInterrupt, None, 6),
    ],
    ids=["space", "folder", "pixels", "index", "interrupted"],
)
def test_a_run_that_ends_early_leaves_nothing_behind_and_decodes_nothing_that_it_can_not_pack(
    photos, decoded, monkeypatch, where, results, error, said, read
):
    before = contents(photos)
    with monkeypatch.context() as patch:
        patch.setattr(where, Mock(side_effect=results))
        with pytest.raises(error, match=said):
            folder(photos, size=16)
    assert contents(photos) == before
    assert len(decoded) == read
    assert len(folder(photos, size=16)) == 6


def test_a_run_that_fails_spares_pixels_whose_index_another_process_is_about_to_write(
    photos, monkeypatch
):
    folder(photos, size=16)
    packed(photos, ".json")[0].unlink()
    before, usage = contents(photos), shutil.disk_usage(photos)._replace(free=0)
    monkeypatch.setattr(pack.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match="Free that much"):
        folder(photos, size=16)
    assert contents(photos) == before


@pytest.mark.parametrize("writes", [0, 1, 2], ids=["directory", "pixels", "pack"])
def test_a_pack_that_another_process_takes_away_is_asked_for_again(photos, monkeypatch, writes):
    before, steps = contents(photos), iter(range(2))
    real = pack.replacing

    @contextmanager
    def interrupted(target):
        if next(steps) == writes:
            shutil.rmtree(target.parent)
        with real(target) as file:
            yield file
        if writes == 2 and target.suffix == ".json":
            shutil.rmtree(target.parent)

    monkeypatch.setattr(pack, "replacing", interrupted)
    with pytest.raises(BlockingIOError, match="another process .*: call again"):
        folder(photos, size=16)
    assert contents(photos) == before


def test_what_a_killed_run_left_goes_but_not_what_is_being_written_nor_what_is_no_pack(photos):
    (photos / ".facelib").mkdir()
    name = f"centre16-{'0' * 16}.u8"
    killed, running = (photos / ".facelib" / f"{name}.{n * 32}.tmp" for n in "ab")
    precious = photos / ".facelib" / "centre16-precious.u8"
    for file in (killed, running, precious):
        file.write_bytes(b"mine")
    hours_ago = time.time() - 2 * files.STALE
    os.utime(killed, (hours_ago, hours_ago))
    folder(photos, size=16)
    assert not killed.exists()
    assert running.read_bytes() == precious.read_bytes() == b"mine"


if os.name == "posix":  # elsewhere links need a privilege

    def test_a_pack_is_not_written_through_a_link(photos, tmp_path_factory):
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        (photos / ".facelib").symlink_to(elsewhere)
        with pytest.raises(OSError, match=r"is a link and may lead.*\.facelib"):
            folder(photos, size=16)
        assert not list(elsewhere.iterdir())


def test_packing_holds_a_few_photos_at_a_time(tmp_path, monkeypatch):
    """Results are consumed as they come: no more than one batch is ever decoded ahead."""
    monkeypatch.setattr(decode, "BATCH", 4)
    started = []
    results = decode.decode([tmp_path / str(i) for i in range(20)], started.append)
    ahead = [len(started) - done for done, _ in enumerate(results)]
    assert len(ahead) == 20
    assert max(ahead) <= 4
