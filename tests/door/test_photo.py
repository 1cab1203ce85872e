"""Reading photographs. What is wrong with one is tested by `tests/data/test_folder.py`."""

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from PIL import Image

from facelib.door.photo import read_photo


def test_photographs_read_in_several_threads_leave_the_warnings_of_all_as_they_were(tmp_path):
    files = [tmp_path / "huge.png", tmp_path / "small.png"] * 100
    Image.new("1", (10_000, 10_000)).save(files[0])
    Image.new("RGB", (8, 8)).save(files[1])
    before, interval = list(warnings.filters), sys.getswitchinterval()

    def refuses(file):
        with suppress(ValueError):
            return not read_photo(file)
        return True

    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            refused = list(pool.map(refuses, files))
    finally:
        sys.setswitchinterval(interval)
    assert refused == [True, False] * 100
    assert list(warnings.filters) == before
