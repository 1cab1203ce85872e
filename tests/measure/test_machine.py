"""The machine is described well enough to compare numbers, and no better."""

import getpass
import json
import platform
import re
import subprocess
from pathlib import Path

import numpy
import torch

from facelib.measure import describe, machine


def test_it_says_what_a_number_was_measured_on_and_names_no_path_host_or_user():
    found = describe()
    assert json.loads(text := json.dumps(found)) == found
    for word in (platform.node(), getpass.getuser(), Path.home().name, str(Path.home())):
        assert not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text), word
    assert not re.search(r"[/\\]\w+[/\\]", text)
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


def test_it_names_the_gpu_and_the_flags_that_speed_up_small_numbers(monkeypatch):
    told = {"avx512_vnni": True, "amx_int8": False, "aes": True, "cpu_name": "A"}
    monkeypatch.setattr(machine, "_cpu_model", lambda: "")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Big GPU")
    found = describe()
    assert [found[key] for key in ("cpu", "cpu_flags", "gpu")] == ["A", ["avx512_vnni"], "Big GPU"]
    monkeypatch.delattr(torch.cpu, "get_capabilities")  # a torch that cannot tell
    found = describe()
    assert (found["cpu"], found["cpu_flags"]) == (platform.machine(), [])


def test_the_commit_is_that_of_the_checkout_and_marked_when_files_differ(tmp_path, monkeypatch):
    root = tmp_path.resolve() / "checkout"
    (root / "inside").mkdir(parents=True)
    (root / "file.txt").write_text("one")
    git = ["git", "-C", str(root), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for arguments in ("init -q", "add .", "commit -q -m one"):
        subprocess.run([*git, *arguments.split()], check=True, env=machine._environment())
    assert re.fullmatch(r"[0-9a-f]{40}", commit := machine._commit(root))
    monkeypatch.setenv("GIT_DIR", str(root / "elsewhere"))  # as inside a git hook
    assert machine._commit(root) == commit
    (root / "file.txt").write_text("two")
    assert machine._commit(root) == f"{commit}+dirty"
    (root / "file.txt").write_text("one")
    (root / "new.txt").write_text("not known to git")
    assert machine._commit(root) == f"{commit}+dirty"
    # without a checkout of its own, or without git, there is none
    assert machine._commit(root / "inside") is None  # of somebody else's checkout
    assert machine._commit(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert machine._commit(root) is None
