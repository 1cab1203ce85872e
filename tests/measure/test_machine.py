"""The machine is described well enough to compare numbers, and no better."""

import getpass
import json
import platform
import re
import subprocess
from pathlib import Path

import numpy
import pytest
import torch

from facelib.measure import describe, machine


def test_it_says_what_a_number_was_measured_on():
    found = describe()
    assert found["cpu"]
    assert found["logical_cores"] >= 1
    assert found["torch_threads"] == torch.get_num_threads()
    assert 2**30 < found["memory_bytes"] < 2**50
    assert (found["gpu"] is None) == (not torch.cuda.is_available())
    assert found["python"] == platform.python_version()
    assert torch.__version__.startswith(found["versions"]["torch"])
    assert found["versions"]["numpy"] == numpy.__version__
    assert [*found["versions"]] == [*machine._PACKAGES, "facelib"]
    assert machine._version("no-such-package-anywhere") is None


def test_it_survives_json_and_names_no_path_host_or_user():
    text = json.dumps(describe())
    assert json.loads(text) == describe()
    for word in (platform.node(), getpass.getuser(), Path.home().name, str(Path.home())):
        assert not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text), word
    assert not re.search(r"[/\\]\w+[/\\]", text)


@pytest.mark.parametrize(
    ("told", "name", "flags"),
    [
        (
            {"avx512_vnni": True, "amx_int8": False, "aes": True, "cpu_name": "A"},
            "A",
            ["avx512_vnni"],
        ),
        (None, platform.machine(), []),  # a torch that cannot tell
    ],
)
def test_it_lists_the_flags_that_speed_up_small_numbers(monkeypatch, told, name, flags):
    monkeypatch.setattr(machine, "_cpu_model", lambda: "")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    if told is None:
        monkeypatch.delattr(torch.cpu, "get_capabilities")
    found = describe()
    assert (found["cpu"], found["cpu_flags"]) == (name, flags)


def test_it_names_the_gpu_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Big GPU")
    assert describe()["gpu"] == "Big GPU"


@pytest.fixture
def checkout(tmp_path) -> Path:
    root = tmp_path.resolve() / "checkout"
    (root / "inside").mkdir(parents=True)
    (root / "file.txt").write_text("one")
    git = ["git", "-C", str(root), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for arguments in ("init -q", "add .", "commit -q -m one"):
        subprocess.run([*git, *arguments.split()], check=True, env=machine._environment())
    return root


def test_the_commit_is_that_of_the_checkout_and_marked_when_files_differ(checkout, monkeypatch):
    assert re.fullmatch(r"[0-9a-f]{40}", commit := machine._commit(checkout))
    monkeypatch.setenv("GIT_DIR", str(checkout / "elsewhere"))  # as inside a git hook
    assert machine._commit(checkout) == commit
    (checkout / "file.txt").write_text("two")
    assert machine._commit(checkout) == f"{commit}+dirty"
    (checkout / "file.txt").write_text("one")
    (checkout / "new.txt").write_text("not known to git")
    assert machine._commit(checkout) == f"{commit}+dirty"


def test_without_a_checkout_of_its_own_or_without_git_there_is_no_commit(
    tmp_path, checkout, monkeypatch
):
    assert machine._commit(checkout / "inside") is None  # of somebody else's checkout
    assert machine._commit(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert machine._commit(checkout) is None
