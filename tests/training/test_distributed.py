import os
import subprocess
import sys

import pytest
import torch
from torch.nn.functional import cross_entropy

from facelib.data import Augment
from facelib.models import io
from facelib.training.loop import generator
from tests.training.test_fit import BATCH, EPOCHS, ROOT, faces, network, train

TWO = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone")


def run(*words):
    done = subprocess.run(
        [sys.executable, *words],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


HALVES = """
import sys
from facelib.models import io
from facelib.training import distributed
from tests.training.test_fit import network, train
model, history = train(bf16=False)
if distributed.rank() == 0:
    io.save_tensors(sys.argv[1], model.state_dict(), {"losses": history.loss})
distributed.stop()
"""


def test_two_processes_match_one_that_runs_the_same_two_half_batches(tmp_path):
    (tmp_path / "halves.py").write_text(HALVES)
    run(*TWO, tmp_path / "halves.py", tmp_path / "out")
    tensors, about = io.load_tensors(tmp_path / "out")

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


IDLE = """
import torch
from torch import nn
from facelib.training import distributed
from tests.training.test_fit import network, train, weights
class WithIdle(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.later = network(), nn.Linear(4, 3)
    def forward(self, images):
        return self.used(images)
model = WithIdle()
before = weights(model.later)
train(model)
assert torch.equal(weights(model.later), before), "the idle part is not as it was"
distributed.stop()
"""


def test_a_network_with_an_idle_part_trains_in_two_processes_as_in_one(tmp_path):
    (tmp_path / "idle.py").write_text(IDLE)
    for start in ((), TWO):
        done = run(*start, tmp_path / "idle.py")
        assert "find_unused" not in done.stderr


def test_a_batch_that_two_processes_cannot_share_is_refused(monkeypatch):
    monkeypatch.setattr("facelib.training.distributed.start", lambda device: (0, 2))
    with pytest.raises(ValueError, match=r"same number of images.*batch=5, 2 process"):
        train(batch=5)


def test_two_processes_embed_what_each_draws_and_one_saves(tmp_path):
    sizes = "--people 40 --width 2 --embedding 8 --batch 16 --steps 2 --device cpu"
    command = f"-m facelib.training synth --loss cosface {sizes} --out".split()
    assert "32 synthetic faces" in run(*TWO, *command, tmp_path / "m").stdout
    assert io.load(tmp_path / "m").config == {"width": 2, "embedding": 8, "blocks": [1, 2, 2]}
