"""The rules in conftest.py at the root hold: skips in CI, threads, what runs when and where."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parents[1]
SKIPS = """
import pytest

@pytest.mark.skip(reason="FACELIB_LFW is not set")
def test_allowed(): pass

@pytest.fixture
def chromium(): pytest.skip("Chromium was not found")

def test_allowed_too(chromium): pass

def test_anything_else(): pytest.skip("no time today")

@pytest.mark.xfail
def test_expected_to_fail(): assert False

@pytest.mark.nightly
def test_long(): pass
"""


def pytest_on(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess:
    """Run pytest in `folder` with the configuration and the conftest.py of the project."""
    clean = {name: os.environ[name] for name in os.environ if "PYTEST" not in name and name != "CI"}
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "-p", "conftest"]
    command += ["-p", "no:cacheprovider", "-p", "xdist.plugin", "--color=no", "-n0"]
    environment = {**clean, "PYTHONPATH": str(ROOT), **environment}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the others take seconds to import
    command += [*options, folder]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_at_home_a_skip_is_told_and_the_night_waits(tmp_path):
    (tmp_path / "test_skips.py").write_text(SKIPS)
    at_home = pytest_on(tmp_path, "-m", "not notebook")  # any that does not name the night
    assert at_home.returncode == 0, at_home.stdout
    assert "FACELIB_LFW is not set" in at_home.stdout, "a skip must be told with its reason"
    assert "3 skipped, 1 deselected, 1 xfailed" in at_home.stdout


def test_in_ci_a_skip_fails_unless_lfw_or_a_browser_is_missing_and_the_night_runs_when_named(
    tmp_path,
):
    (tmp_path / "test_skips.py").write_text(SKIPS)
    (tmp_path / "test_module.py").write_text("import pytest\npytest.importorskip('no_such_module')")
    options = "--continue-on-collection-errors", "-m", "nightly or not nightly"
    in_ci = pytest_on(tmp_path, *options, CI="true")
    assert "1 failed, 1 passed, 2 skipped, 1 xfailed" in in_ci.stdout
    assert "1 error" in in_ci.stdout
    assert "may be: no time today" in in_ci.stdout
    assert "may be: could not import 'no_such_module'" in in_ci.stdout


def test_a_worker_computes_with_one_thread():
    assert "PYTEST_XDIST_WORKER" not in os.environ or torch.get_num_threads() == 1


def test_a_test_that_kills_its_worker_ends_the_run(tmp_path):
    (tmp_path / "test_death.py").write_text("import os\n\ndef test_it(): os._exit(3)")
    assert "worker restarting disabled" in pytest_on(tmp_path, "-n1").stdout


def test_a_file_stays_with_one_worker_and_lessons_are_spread(tmp_path):
    test = """
import os

import pytest

@pytest.mark.parametrize("n", range({}))
def test_where(n, record_property):
    record_property("cost", "{}: " + os.environ["PYTEST_XDIST_WORKER"])
"""
    # Each worker begins with one file or lesson, and one that has two tests gets another at once.
    nightly = "\n@pytest.mark.nightly\ndef test_long(): pass\n"
    (tmp_path / "test_unit.py").write_text(test.format(2, "unit") + nightly)
    (tmp_path / "test_lessons.py").write_text(test.format(4, "lesson"))
    said = pytest_on(tmp_path, "-n2", "-m", "not notebook").stdout
    assert "6 passed" in said, "with -m, too, the night waits unless it is named"
    assert len(set(re.findall("unit: (gw.)", said))) == 1, said
    assert len(set(re.findall("lesson: (gw.)", said))) == 2, said
