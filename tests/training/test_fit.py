import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from facelib.data import Augment, FaceSet
from facelib.models import FaceCNN, io
from facelib.training import fit

EPOCHS, BATCH = 3, 4
ROOT = Path(__file__).parents[2]


def faces(people=3, each=4):
    generator = torch.Generator().manual_seed(0)
    pattern = torch.randint(200, (people, 1, 16, 16), generator=generator)
    noise = torch.randint(55, (people * each, 1, 16, 16), generator=generator)
    images = pattern.repeat_interleave(each, 0) + noise
    person = torch.arange(people).repeat_interleave(each)
    return FaceSet(images.byte(), person, tuple("abcdefgh"[:people]))


def network(dropout=0.0):
    torch.manual_seed(0)
    model = FaceCNN(2, 8, 3)
    model.embedding.append(nn.Dropout(dropout))
    return model


def train(model=None, learnt=None, **settings):
    model, learnt = model or network(), faces() if learnt is None else learnt
    settings = {"epochs": EPOCHS, "batch": BATCH, "progress": False, "device": "cpu"} | settings
    return model, fit(model, learnt, **settings)


def weights(model):
    return torch.cat([tensor.double().flatten() for tensor in model.state_dict().values()])


class StopAt:
    """An augmentation that does something bad at one step: raises an error, or calls `how`."""

    def __init__(self, step, how):
        self.step, self.how, self.calls = step, how, 0

    def __repr__(self):
        return repr(Augment())  # the run is the same one

    def __call__(self, images, generator):
        self.calls += 1
        result = Augment()(images, generator)
        if self.calls != self.step:
            return result
        if isinstance(self.how, BaseException):
            raise self.how
        return self.how(result)


@pytest.fixture(scope="module")
def whole():
    """A run that nothing stopped: its model and history."""
    return train(network(0.5), validate=lambda model: 0.5)


@pytest.fixture
def run(tmp_path):
    """The checkpoint of a finished run."""
    train(checkpoint=tmp_path / "run")
    return tmp_path / "run"


def test_the_loss_falls_and_the_model_is_left_ready_to_use():
    model, history = train(epochs=30, lr=1e-2)
    assert sum(history.loss[-3:]) < 0.7 * sum(history.loss[:3])
    assert len(history.loss) == 30 * 3
    assert history.seconds > 0 < history.images_per_second
    assert not model.training


def test_seed_and_step_draw_all_and_the_random_state_outside_is_untouched(whole):
    model = network(0.5)
    torch.rand(7)
    state = torch.get_rng_state()
    train(model)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(weights(model), weights(whole[0]))
    other, _ = train(network(0.5), seed=2)
    assert not torch.equal(weights(other), weights(model))


@pytest.mark.parametrize("step", range(1, EPOCHS * 3 + 1))
def test_a_run_stopped_at_any_step_goes_on_to_the_same_weights(whole, tmp_path, step):
    settings = {"checkpoint": tmp_path / "run", "validate": lambda model: 0.5}
    with pytest.raises(KeyboardInterrupt):
        train(network(0.5), augment=StopAt(step, KeyboardInterrupt()), **settings)
    resumed, rest = train(network(0.5), **settings)
    assert torch.equal(weights(resumed), weights(whole[0]))
    assert (rest.loss, rest.validation) == (whole[1].loss, whole[1].validation)
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


def test_a_run_whose_process_is_gone_at_once_goes_on_to_the_same_weights(tmp_path):
    script = (
        "import os; from tests.training.test_fit import StopAt, train\n"
        "die = StopAt(5, lambda images: os._exit(9))\n"
        f"train(checkpoint={str(tmp_path / 'run')!r}, augment=die)"
    )
    process = subprocess.run([sys.executable, "-c", script], check=False, cwd=ROOT)
    assert process.returncode == 9
    assert torch.equal(weights(train(checkpoint=tmp_path / "run")[0]), weights(train()[0]))


def test_a_finished_run_is_not_trained_again_and_keeps_no_hold_on_its_file(run):
    stop = StopAt(1, KeyboardInterrupt())
    again, history = train(checkpoint=run, augment=stop)
    assert stop.calls == 0
    assert len(history.loss) == EPOCHS * 3
    tensors, _ = io.load_tensors(run)
    run.write_bytes(bytes(run.stat().st_size))
    assert any(tensor.any() for tensor in tensors.values())
    assert torch.equal(weights(again), weights(train()[0]))


def test_a_checkpoint_of_another_run_is_refused(run):
    before, one = run.read_bytes(), faces()
    for change, message in (
        ({"lr": 1e-3}, "lr was 0.004, now 0.001"),
        ({"epochs": 4}, "epochs was 3, now 4"),
        ({"seed": 3}, "seed was 0, now 3"),
        ({"augment": Augment(shift=0.3)}, "augment was .*shift=0.3"),
        ({"model": FaceCNN(3, 8, 3)}, "model was"),
        ({"learnt": replace(one, person=one.person.flip(0))}, "faces was"),
        ({"learnt": replace(one, images=255 - one.images)}, "faces was"),
    ):
        with pytest.raises(ValueError, match=f"checkpoint of another run: {message}"):
            train(checkpoint=run, **change)
        assert run.read_bytes() == before


def test_a_loss_that_blows_up_stops_the_run_and_keeps_the_last_good_checkpoint(tmp_path):
    path = tmp_path / "run"
    bad, said = StopAt(5, lambda images: images * torch.nan), "3; the last good checkpoint is .*run"
    with pytest.raises(FloatingPointError, match=f"after step {said}"):
        train(checkpoint=path, augment=bad)
    resumed, _ = train(checkpoint=path)
    assert torch.equal(weights(resumed), weights(train()[0]))


def test_what_blows_up_in_the_last_step_or_within_a_long_epoch_is_noticed(monkeypatch):
    monkeypatch.setattr("facelib.training.loop.LOOK_EVERY", 2)
    bad = StopAt(1, lambda images: images * torch.nan)
    with pytest.raises(FloatingPointError, match="after step 0"):
        train(batch=2, augment=bad)
    assert bad.calls == 2  # of the six steps of the epoch
    model = network()
    model.head.weight.register_hook(lambda gradient: gradient * torch.nan)
    with pytest.raises(FloatingPointError, match="nothing was saved yet"):
        train(model, epochs=1, batch=12)


@pytest.mark.parametrize("said", ["out of memory", "can't allocate memory", "not enough memory"])
def test_a_full_device_says_which_batch_size_to_try_or_what_else(said):
    full = torch.OutOfMemoryError(f"CUDA, or DefaultCPUAllocator: {said}")
    with pytest.raises(MemoryError, match="batch=4; try batch=2"):
        train(augment=StopAt(2, full))
    with pytest.raises(MemoryError, match="batch=3; try a narrower model, or smaller images"):
        train(batch=3, augment=StopAt(1, full))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        train(augment=StopAt(2, RuntimeError("shapes do not match")))


COLOUR = faces().map(lambda images: images.repeat(1, 3, 1, 1))
SMALL = nn.Sequential(nn.Conv2d(1, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learnt": COLOUR}, r"\(4, 3, 16, 16\).*channels=3.*to_grey"),
        ({"learnt": COLOUR, "model": SMALL}, r"\(3, 16, 16\).*channels=3.*to_grey"),
        ({"epochs": 0}, "at least one epoch, and a batch"),
        ({"batch": 1}, "at least one epoch, and a batch"),
        ({"label_smoothing": 2}, "label_smoothing=2"),
        ({"model": FaceCNN(2, 8, 5)}, "5 people, the faces show 3: build it with people=3"),
        ({"model": network().half()}, "weights in float32, got torch.float16: call model.float"),
        ({"learnt": faces().take(torch.zeros(12, dtype=torch.bool))}, "got 0 images"),
    ],
)
def test_what_can_not_be_trained_is_refused_with_advice(settings, message):
    with pytest.raises(ValueError, match=message):
        train(**settings)


def test_a_plain_function_augments_and_a_second_function_of_that_name_goes_on(tmp_path):
    for lighter in [lambda images, generator: images / 255 for _ in range(2)]:
        _, history = train(checkpoint=tmp_path / "run", augment=lighter)
    assert len(history.loss) == EPOCHS * 3


def test_a_model_file_is_no_checkpoint_and_a_checkpoint_no_model_file(tmp_path):
    model, _ = train(FaceCNN(2, 8, 3), checkpoint=tmp_path / "run")
    io.save(model, tmp_path / "model")
    with pytest.raises(ValueError, match="model holds a model, not a training run"):
        train(FaceCNN(2, 8, 3), checkpoint=tmp_path / "model")
    with pytest.raises(ValueError, match="holds 'a training run', can load models"):
        io.load(tmp_path / "run")


def test_a_batch_larger_than_the_set_takes_all_images():
    _, history = train(batch=100)
    assert len(history.loss) == EPOCHS


def test_validation_runs_in_evaluation_mode_without_gradients_and_always_at_the_end():
    seen = []

    def validate(model):
        seen.append((model.training, torch.is_grad_enabled()))
        return len(seen)

    _, history = train(epochs=5, validate=validate, validate_every=2)
    assert seen == [(False, False)] * 3
    assert history.validation == [(6, 1.0), (12, 2.0), (15, 3.0)]


def test_bf16_follows_the_hardware_unless_told(monkeypatch):
    monkeypatch.setattr("facelib.training.loop.has_fast_bf16", lambda device: True)
    model, seen = network(), []
    model.register_forward_pre_hook(lambda *_: seen.append(torch.is_autocast_enabled("cpu")))
    train(model, epochs=1, batch=12)
    train(model, epochs=1, batch=12, bf16=False)
    assert seen == [True, False]


def test_a_checkpoint_that_says_absurd_things_of_its_run_is_refused(run):
    whole, about = io.load_tensors(run)
    for part, value in (
        ("losses", [1.0] * 7),
        ("losses", ["x"] * 9),
        ("losses", [10**400] * 9),
        ("validation", [[1, 2, 3]]),
        ("run", []),
        ("optimizer.0.exp_avg", torch.ones(5)),
        ("optimizer.0.exp_avg", torch.full((2, 1, 3, 3), torch.nan)),
        ("optimizer.0.exp_avg_sq", torch.full((2, 1, 3, 3), -1.0)),
        ("optimizer.0.step", torch.tensor(4.0)),
        ("optimizer.0.step", torch.tensor([9.0])),
        ("optimizer.0.junk", torch.zeros(())),
        ("optimizer.-1.step", torch.tensor(9.0)),
        ("optimizer.99.step", torch.tensor(9.0)),
    ):
        moments = {part: value} if part.startswith("optimizer") else {}
        io.save_tensors(run, whole | moments, about if moments else about | {part: value})
        said = "a model, not a training run" if part == "run" else "what no run of 9 steps leaves"
        with pytest.raises(ValueError, match=f"run (holds|says of its run) {said}"):
            train(checkpoint=run)
