"""Large folders are packed once, streamed, mapped, rebuilt when stale, and never left half done."""

import errno
import gc
import json
import os
import shutil
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from facelib import files
from facelib.data import folder, pack, photo

module = import_module("facelib.data.folder")  # `facelib.data.folder` is the function


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    monkeypatch.setattr(pack, "LARGE", 0)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two people with three photos of noise each."""
    rng = np.random.default_rng(0)
    for person in ("Ada", "Ben"):
        (tmp_path / person).mkdir()
        for number in range(3):
            noise = rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / person / f"{number}.png")
    return tmp_path


def packed(photos: Path, ending: str) -> list[Path]:
    return sorted((photos / ".facelib").glob(f"*{ending}"))


@pytest.fixture
def decoded(monkeypatch) -> list[str]:
    """The photos that were decoded, in order."""
    names = []
    real = module._crop

    def spy(file, **options):
        names.append(file.name)
        return real(file, **options)

    monkeypatch.setattr(module, "_crop", spy)
    return names


def test_a_pack_holds_the_same_faces_as_memory(photos, monkeypatch):
    mapped = folder(photos, size=16)
    monkeypatch.setattr(pack, "LARGE", 2**30)
    shutil.rmtree(photos / ".facelib")
    in_memory = folder(photos, size=16)
    assert not (photos / ".facelib").exists()
    assert torch.equal(mapped.images, in_memory.images)
    assert torch.equal(mapped.person, in_memory.person)
    assert (mapped.names, mapped.source) == (in_memory.names, in_memory.source)


def test_only_sets_above_the_threshold_are_packed(photos, monkeypatch):
    monkeypatch.setattr(pack, "LARGE", 6 * 3 * 16 * 16)
    folder(photos, size=16)
    assert not (photos / ".facelib").exists()
    folder(photos, size=17)
    assert [file.stat().st_size for file in packed(photos, ".u8")] == [6 * 3 * 17 * 17]


def test_the_second_time_nothing_is_decoded(photos, decoded):
    first = folder(photos, size=16)
    assert len(decoded) == 6
    second = folder(photos, size=16)
    assert len(decoded) == 6
    assert torch.equal(first.images, second.images)


def test_the_images_are_mapped_not_loaded_and_writing_to_them_spares_the_file(photos):
    faces = folder(photos, size=16)
    file = packed(photos, ".u8")[0]
    if (maps := Path("/proc/self/maps")).exists():
        assert file.name in maps.read_text()
    before = file.read_bytes()
    faces.images.zero_()
    assert file.read_bytes() == before
    assert folder(photos, size=16).images.any()


def test_size_and_detection_have_packs_of_their_own(photos, monkeypatch):
    folder(photos, size=16)
    folder(photos, size=24)
    monkeypatch.setattr(module, "_find_face", lambda image: (0, 0, 10, 10))
    folder(photos, size=16, detect=True)
    kinds = [file.name.split("-")[0] for file in packed(photos, ".u8")]
    assert kinds == ["centre16", "centre24", "face16"]


@pytest.mark.parametrize("change", ["add", "remove", "replace", "grow", "touch", "rename"])
def test_changed_photos_make_a_new_pack_and_the_old_one_goes(photos, decoded, change):
    old = folder(photos, size=16).images.clone()
    names = [file.name for file in packed(photos, "")]
    gc.collect()
    photo = photos / "Ben" / "1.png"
    if change == "add":
        shutil.copy(photo, photo.with_name("3.png"))
    elif change == "remove":
        photo.unlink()
    elif change == "replace":
        Image.new("RGB", (20, 20)).save(photo)
    elif change == "grow":
        when = photo.stat().st_mtime_ns
        photo.write_bytes(photo.read_bytes() + b"more")
        os.utime(photo, ns=(when, when))
    elif change == "touch":
        os.utime(photo, ns=(1, 1))
    else:
        photo.rename(photo.with_name("0a.png"))
    decoded.clear()
    new = folder(photos, size=16).images
    assert len(decoded) == len(new) == {"add": 7, "remove": 5}.get(change, 6)
    if change == "replace":
        assert not new[4].any()
        assert torch.equal(new[:4], old[:4])
    assert len(packed(photos, "")) == 2
    assert names != [file.name for file in packed(photos, "")]


@pytest.mark.parametrize("half", [b"", b"{", b"[]", b'{"shape": [6]}', b"\xff\xfe"])
def test_a_damaged_index_is_rebuilt(photos, decoded, half):
    good = folder(photos, size=16).images.clone()
    packed(photos, ".json")[0].write_bytes(half)
    decoded.clear()
    assert torch.equal(folder(photos, size=16).images, good)
    assert len(decoded) == 6


def flip_a_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def rewrite(index: Path, **facts) -> None:
    index.write_text(json.dumps({**json.loads(index.read_text()), **facts}))


@pytest.mark.parametrize(
    ("ending", "harm"),
    [
        (".u8", flip_a_bit),
        (".json", lambda index: rewrite(index, bad={"0": "forged"})),
        (".json", lambda index: rewrite(index, bad={"-1": "forged"})),
        (".json", lambda index: rewrite(index, bad=[])),
        (".json", lambda index: rewrite(index, sha256="0" * 64)),
        (".json", lambda index: index.write_text("[" * 100_000)),
    ],
    ids=["pixel", "photo left out", "no photo", "no reasons", "digest", "deep"],
)
def test_a_pack_that_is_not_as_it_was_written_is_rebuilt(photos, decoded, ending, harm):
    good = folder(photos, size=16).images.clone()
    gc.collect()
    harm(packed(photos, ending)[0])
    decoded.clear()
    faces = folder(photos, size=16)
    assert torch.equal(faces.images, good)
    assert faces.person.tolist() == [0, 0, 0, 1, 1, 1]
    assert len(decoded) == 6


@pytest.mark.parametrize("harm", ["truncate", "delete"])
def test_truncated_or_missing_pixels_are_rebuilt(photos, decoded, harm):
    good = folder(photos, size=16).images.clone()
    gc.collect()
    pixels = packed(photos, ".u8")[0]
    if harm == "truncate":
        os.truncate(pixels, 100)
    else:
        pixels.unlink()
    decoded.clear()
    assert torch.equal(folder(photos, size=16).images, good)
    assert len(decoded) == 6


def test_bad_files_are_remembered_with_the_pack(photos, decoded):
    (photos / "Ada" / "0b.png").write_bytes(b"")
    for _ in range(2):
        with pytest.raises(ValueError, match=r"Ada/0b\.png: empty file"):
            folder(photos, size=16)
    with pytest.warns(UserWarning, match=r"Ada/0b\.png: empty file"):
        faces = folder(photos, size=16, skip_bad=True)
    assert len(decoded) == 7
    assert faces.person.tolist() == [0, 0, 0, 1, 1, 1]
    assert faces.images.shape == (6, 3, 16, 16)


def test_a_folder_of_bad_files_only_is_refused_not_mapped(photos):
    for file in photos.glob("*/*.png"):
        file.write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="6 files"),
        pytest.raises(ValueError, match="no usable photo of Ada, Ben"),
    ):
        folder(photos, size=16, skip_bad=True)


def contents(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def test_too_little_disk_space_is_seen_before_anything_is_decoded(photos, decoded, monkeypatch):
    before = contents(photos)
    usage = shutil.disk_usage(photos)._replace(free=6 * 3 * 16 * 16 - 1)
    monkeypatch.setattr(pack.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(
        OSError, match=r"photos could not be packed into .*Free that much"
    ) as caught:
        folder(photos, size=16)
    assert caught.value.errno == errno.ENOSPC
    assert decoded == []
    assert contents(photos) == before


@pytest.mark.parametrize("step", ["write", "sync", "index"])
def test_a_disk_that_fills_up_on_the_way_leaves_nothing_behind(photos, monkeypatch, step):
    before = contents(photos)
    full = OSError(errno.ENOSPC, "No space left on device")

    class Full:
        """A decoded photo that does not fit on the disk."""

        def numpy(self):
            raise full

    if step == "write":
        real = module._crop
        monkeypatch.setattr(
            module, "_crop", lambda file, **o: Full() if "2" in file.name else real(file, **o)
        )
    else:
        calls = iter([None, full] if step == "index" else [full])

        def sync(number):
            if failure := next(calls):
                raise failure

        monkeypatch.setattr(files.os, "fsync", sync)
    with pytest.raises(OSError, match=r"No space left on device.*ask for a smaller size"):
        folder(photos, size=16)
    assert contents(photos) == before
    monkeypatch.undo()
    assert len(folder(photos, size=16)) == 6


def test_a_folder_that_may_not_be_written_to_says_so(photos, monkeypatch):
    def deny(path, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", deny)
    with pytest.raises(OSError, match=r"\(Permission denied\).*that you may write to") as caught:
        folder(photos, size=16)
    assert isinstance(caught.value, PermissionError)


def test_an_interrupted_run_leaves_nothing_behind(photos, monkeypatch):
    before = contents(photos)

    def interrupt(number):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        folder(photos, size=16)
    assert contents(photos) == before


def test_what_a_killed_run_left_is_removed_but_not_what_a_running_one_writes(photos):
    folder(photos, size=16)
    name = packed(photos, ".u8")[0].name
    gc.collect()
    shutil.rmtree(photos / ".facelib")
    (photos / ".facelib").mkdir()
    killed, running = (photos / ".facelib" / f"{name}.{n * 32}.tmp" for n in "ab")
    for file in (killed, running):
        file.write_bytes(b"half")
    hours_ago = time.time() - 2 * files.STALE
    os.utime(killed, (hours_ago, hours_ago))
    folder(photos, size=16)
    assert not killed.exists()
    assert running.exists()


def test_what_is_no_pack_is_never_removed(photos):
    (photos / ".facelib").mkdir()
    precious = photos / ".facelib" / "centre16-precious.u8"
    precious.write_bytes(b"mine")
    folder(photos, size=16)
    assert precious.read_bytes() == b"mine"


if os.name == "posix":  # elsewhere links need a privilege

    def test_a_pack_is_not_written_through_a_link(photos, tmp_path_factory):
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        (photos / ".facelib").symlink_to(elsewhere)
        with pytest.raises(OSError, match=r"is a link, which may lead.*\.facelib"):
            folder(photos, size=16)
        assert not list(elsewhere.iterdir())


def test_packing_holds_a_few_photos_at_a_time(tmp_path, monkeypatch):
    """Results are consumed as they come: no more than one batch is ever decoded ahead."""
    monkeypatch.setattr(photo, "BATCH", 4)
    started = []

    def make(file):
        started.append(file)
        return torch.zeros(3, 2, 2, dtype=torch.uint8)

    results = photo.decode([tmp_path / str(i) for i in range(20)], make)
    ahead = [len(started) - done for done, _ in enumerate(results)]
    assert len(ahead) == 20
    assert max(ahead) <= 4
