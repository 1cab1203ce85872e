import errno
import os
import time
from pathlib import Path

import pytest

from facelib import files


def test_a_file_is_replaced_whole_or_by_a_full_disk_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "x"
    files.write(path, b"old")
    files.write(path, b"new")
    assert path.read_bytes() == b"new"

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"could not write 3 bytes \(No space left.*Free some space"):
        files.write(path, b"any")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_removed_but_nothing_that_is_written_now(tmp_path):
    killed, running = (tmp_path / f"x.{n * 32}.tmp" for n in "ab")
    mine = tmp_path / "x.precious.tmp"
    for file in (killed, running, mine):
        file.write_bytes(b"half")
    hours_ago = time.time() - 2 * files.STALE
    for file in (killed, mine):
        os.utime(file, (hours_ago, hours_ago))
    files.write(tmp_path / "x", b"new")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "x", running, mine])


if os.name == "posix":  # elsewhere there are no such modes and pipes, and links need a privilege

    def test_who_may_read_a_file_stays_as_it_was_from_its_first_byte(tmp_path):
        (tmp_path / "x").touch(mode=0o600)
        with files.replacing(tmp_path / "x") as file:
            assert os.fstat(file.fileno()).st_mode & 0o777 == 0o600
        assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
        with files.replacing(tmp_path / "new", 0o600) as file:
            assert os.fstat(file.fileno()).st_mode & 0o777 == 0o600

    def test_a_link_stays_and_the_file_it_leads_to_is_written(tmp_path):
        disk = tmp_path / "large disk"
        disk.mkdir()
        (disk / "old").write_bytes(b"old")
        for target in (disk / "old", disk / "not yet there"):
            link = tmp_path / f"to {target.name}"
            link.symlink_to(target)
            files.write(link, b"new")
            assert link.is_symlink()
            assert target.read_bytes() == b"new"

    @pytest.mark.parametrize(
        ("kind", "make"),
        [
            ("folder", Path.mkdir),
            ("pipe", os.mkfifo),
            ("a link to itself", lambda path: path.symlink_to(path)),
            ("a link to a device", lambda path: path.symlink_to("/dev/zero")),
        ],
    )
    def test_what_is_no_file_is_neither_read_nor_replaced(tmp_path, kind, make):
        make(tmp_path / "x")
        with pytest.raises(FileNotFoundError, match="no model at .*x: check the path"):
            files.read(tmp_path / "x", "model")
        if kind in ("folder", "pipe"):  # a link to a device would be followed by whoever may
            with pytest.raises(OSError, match="what has this name is no file"):
                files.write(tmp_path / "x", b"new")
            assert not (tmp_path / "x").is_file()
        assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_text_too_large_to_be_one_is_not_read(tmp_path):
    (tmp_path / "x").touch()
    os.truncate(tmp_path / "x", files.TEXT + 1)
    with pytest.raises(ValueError, match="x has over 33,554,432 bytes"):
        files.read_json(tmp_path / "x")


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[" * 10**5, b"NaN", b"-Infinity", b"1" * 5000, b'"\xe9"', b"\xff\xfe{}"]
)
def test_what_is_no_json_is_refused_by_name(tmp_path, text):
    (tmp_path / "x").write_bytes(text)
    with pytest.raises(ValueError, match="x is not JSON in UTF-8"):
        files.read_json(tmp_path / "x")
    (tmp_path / "x").write_text('{"a": [1, "\u00e9"]}', "utf-8")
    assert files.read_json(tmp_path / "x", lambda found: found["a"]) == [1, "\u00e9"]
