"""One run of torchrun with two processes, in which three things are trained one after the other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from facelib.data import Augment
from facelib.models import io
from facelib.training.loop import generator
from tests.training.test_fit import BATCH, EPOCHS, faces, network, train, weights

ROOT = Path(__file__).parents[2]
SCRIPT = """
import runpy, sys
from pathlib import Path
from facelib.models import io
from facelib.training import distributed
from tests.training.test_distributed import train_idle
from tests.training.test_fit import train

folder = Path(sys.argv[1])
model, history = train(bf16=False)
if distributed.rank() == 0:
    io.save_tensors(folder / "names", model.state_dict(), {"losses": history.loss})
train_idle()
command = "synth --loss cosface --people 40 --width 2 --embedding 8 --batch 16 --steps 2"
sys.argv[1:] = [*command.split(), "--device", "cpu", "--out", str(folder / "embedding")]
runpy.run_module("facelib.training", run_name="__main__")
"""


class WithIdle(nn.Module):
    """A part of it takes no share in the loss."""

    def __init__(self):
        super().__init__()
        self.used, self.later = network(), nn.Linear(4, 3)

    def forward(self, images):
        return self.used(images)


def train_idle():
    model = WithIdle()
    before = weights(model.later)
    train(model)
    assert torch.equal(weights(model.later), before), "the idle part is not as it was"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The folder in which two processes left what they trained, and what they said."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "script.py").write_text(SCRIPT)
    command = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    done = subprocess.run(
        [sys.executable, *command, folder / "script.py", folder],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, done


def test_two_processes_match_one_that_runs_the_same_two_half_batches(two):
    tensors, about = io.load_tensors(two[0] / "names")
    model, data = network().to(memory_format=torch.channels_last).train(), faces()
    optimizer = torch.optim.AdamW(model.parameters(), 4e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=9)
    orders = (torch.randperm(12, generator=generator(0, "order", epoch)) for epoch in range(EPOCHS))
    for step, index in enumerate(torch.cat(list(orders)).split(BATCH)):
        optimizer.zero_grad()
        losses = []
        for rank, half in enumerate(index.chunk(2)):
            images = Augment()(data.images[half], generator(0, "augment", step, rank))
            loss = cross_entropy(model(images), data.person[half], label_smoothing=0.1)
            (loss / 2).backward()
            losses.append(loss.item())
        assert losses[0] == pytest.approx(about["losses"][step], abs=1e-4)
        optimizer.step()
        schedule.step()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(tensors[name], parameter.detach(), atol=1e-5, rtol=0)


def test_a_network_with_an_idle_part_trains_in_two_processes_as_in_one(two):
    train_idle()
    assert "find_unused" not in two[1].stderr


def test_a_batch_that_two_processes_cannot_share_is_refused(monkeypatch):
    monkeypatch.setattr("facelib.training.distributed.start", lambda device: (0, 2))
    with pytest.raises(ValueError, match=r"same number of images.*batch=5, 2 process"):
        train(batch=5)


def test_two_processes_embed_what_each_draws_and_one_saves(two):
    folder, done = two
    assert "32 synthetic faces" in done.stdout
    assert io.load(folder / "embedding").config == {"width": 2, "embedding": 8, "blocks": [1, 2, 2]}
