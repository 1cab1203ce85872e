import json
import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from facelib.models import embed, predict
from facelib.threads import HUB, POOLS, choose_threads

VARIABLES = ("FACELIB_THREADS", "GOMP_SPINCOUNT", "OMP_WAIT_POLICY", *HUB, *POOLS)
COUNT = """
import json, threadpoolctl
pools = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
print(json.dumps([torch.get_num_threads(), max(pools)]))
"""


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def run(script, **settings):
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=os.environ | settings, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("settings", "spins"),
    [({}, "10000"), ({"GOMP_SPINCOUNT": "5"}, "5"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "None")],
)
def test_idle_threads_spin_briefly_unless_the_user_has_said_otherwise(settings, spins):
    script = "import os, facelib; print(os.environ.get('GOMP_SPINCOUNT'))"
    assert run(script, **settings).stdout == f"{spins}\n"


@pytest.mark.parametrize("first", ["import facelib, numpy, torch", "import numpy, torch, facelib"])
def test_every_pool_gets_the_threads_asked_for_whatever_is_imported_first(first):
    said = run(first + COUNT, FACELIB_THREADS="1", OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2")
    assert json.loads(said.stdout) == [1, 1]


def test_what_is_said_to_one_process_holds_for_the_kernels_that_it_starts():
    child = "import facelib, os; print(os.environ.get('OMP_NUM_THREADS'))"
    parent = f"import facelib, subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert run(parent, JUPYTERHUB_USER="ada").stdout == f"{min(2, os.cpu_count())}\n"


@pytest.mark.parametrize("name", HUB)
@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 2), (64, 2)])
def test_a_kernel_under_a_hub_takes_two_threads_unless_another_number_is_said(
    monkeypatch, name, cores, threads
):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert choose_threads() is None
    monkeypatch.setenv(name, "ada")
    assert choose_threads() == threads
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert choose_threads() is None
    monkeypatch.setenv("FACELIB_THREADS", "5")
    assert choose_threads() == 5


@pytest.mark.parametrize("wrong", ["0", "-2", "two", "1.5", " "])
def test_another_number_of_threads_is_an_error_that_says_what_is_wanted(monkeypatch, wrong):
    monkeypatch.setenv("FACELIB_THREADS", wrong)
    with pytest.raises(ValueError, match=f"whole number of at least 1, got {wrong!r}"):
        choose_threads()


def test_a_command_says_so_in_one_line():
    said = run("import facecourse.cli", FACELIB_THREADS="two")
    (line,) = said.stderr.splitlines()
    assert line.startswith("Error: FACELIB_THREADS must be a whole number of at least 1, got 'two'")
    assert said.returncode == 2, "1 would be an answer of `facelib verify`"


class Spy(nn.Linear):
    """It notes on how many threads it runs."""

    def forward(self, images):
        self.seen = {*getattr(self, "seen", ()), torch.get_num_threads()}
        return images.flatten(1)

    embed = forward


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("function", [embed, predict])
@pytest.mark.parametrize(("images", "side", "threads"), [(4, 9, 1), (4, 2000, 2), (1, 2000, 1)])
def test_a_small_network_takes_one_thread_and_gives_the_others_back(
    function, images, side, threads
):
    model = Spy(side, 1500, bias=False)
    function(model, torch.zeros(images, 1, 2, 2, dtype=torch.uint8))
    assert model.seen == {threads}
