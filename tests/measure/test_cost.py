"""Costs against hand counts and a clock that the test winds itself."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from facelib.measure import cost, latency, latency_ratio, macs, parameters, saved_bytes
from facelib.measure.cost import Latency
from facelib.models import FaceCNN, save


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when `clock.sleep(seconds)` is called."""
    slept = []
    monkeypatch.setattr(cost, "time", SimpleNamespace(perf_counter=lambda: sum(slept)))
    return SimpleNamespace(sleep=slept.append)


def test_parameters_count_a_shared_weight_once_and_no_buffers():
    first = nn.Linear(4, 4)
    tied = nn.Linear(4, 4)
    tied.weight = first.weight
    assert parameters(nn.Sequential(first, tied, nn.BatchNorm1d(4))) == 16 + 4 + 4 + 8


@pytest.mark.parametrize(
    ("model", "shape", "count"),
    [
        (nn.Linear(30, 7), (30,), 30 * 7),
        (nn.Conv2d(3, 8, 3, padding=1), (3, 10, 12), 8 * 10 * 12 * 3 * 3 * 3),
        (nn.Conv2d(3, 8, 3, stride=2), (3, 9, 9), 8 * 4 * 4 * 3 * 3 * 3),
        (nn.Conv2d(8, 8, 3, padding=1, groups=8), (8, 10, 12), 8 * 10 * 12 * 3 * 3),
        (nn.LSTM(6, 5, batch_first=True), (9, 6), 9 * 4 * 5 * (6 + 5)),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(18, 4)), (1, 5, 5), 2 * 81 + 72),
        # projections in and out, then scores and their weighted sum
        (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (5, 8), 2560 + 2 * 5 * 5 * 8),
    ],
    ids=["linear", "conv", "strided", "depthwise", "lstm", "small cnn", "attention"],
)
def test_macs_are_those_counted_by_hand(model, shape, count):
    assert macs(model, shape) == count


@pytest.mark.parametrize(("shape", "error"), [((1, 32, 32), None), ((4, 32, 32), ValueError)])
def test_counting_macs_leaves_the_model_and_torch_as_they_were(shape, error):
    model = FaceCNN(width=4, embedding=8, people=3)
    model.features[0].eval()
    modes = [module.training for module in model.modules()]
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(error) if error else nullcontext():
        assert macs(model, shape) > 0
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert torch.backends.mkldnn.enabled
    assert torch.backends.mha.get_fastpath_enabled()


def test_a_model_in_which_nothing_was_counted_is_refused():
    with pytest.raises(ValueError, match="no multiplication was counted in ReLU"):
        macs(nn.ReLU(), (3,))


def test_saved_bytes_are_those_on_the_disk(tmp_path):
    path = tmp_path / "face.safetensors"
    save(FaceCNN(width=4, embedding=8, people=3), path)
    assert saved_bytes(path) == len(path.read_bytes())
    with pytest.raises(FileNotFoundError, match="gone"):
        saved_bytes(tmp_path / "gone")


def test_latency_is_the_median_with_its_spread_and_without_the_warm_up(clock):
    seconds = iter([9.0, 9.0, *(i / 1000 for i in range(1, 12))])
    found = latency(lambda: clock.sleep(next(seconds)), repeats=11, warmup=2)
    assert (found.median_ms, found.low_ms, found.high_ms) == pytest.approx((6, 2, 10))
    assert repr(found) == "6 ms [2, 10] (11 repeats)"
    assert repr(Latency(1.234, 1.2, 1.3, 5)) == "1.23 ms [1.2, 1.3] (5 repeats)"


def test_latency_is_that_of_one_thread_and_puts_the_others_back():
    before, seen = torch.get_num_threads(), []

    def broken() -> None:
        seen.append(torch.get_num_threads())
        raise OSError("no model")

    torch.set_num_threads(2)
    try:
        with pytest.raises(OSError, match="no model"):
            latency(broken)
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("there", "waiting"),
    [("torch.cuda.is_initialized", torch.cuda), ("torch.backends.mps.is_available", torch.mps)],
)
def test_the_clock_runs_until_the_gpu_is_done(there, waiting, clock, monkeypatch):
    queue = []

    def synchronize() -> None:
        clock.sleep(sum(queue))
        queue.clear()

    monkeypatch.setattr(there, lambda: True)
    monkeypatch.setattr(waiting, "synchronize", synchronize)
    found = latency(lambda: queue.append(0.005), repeats=3, warmup=3)
    assert (found.low_ms, found.high_ms) == pytest.approx((5, 5))  # nor does it start too early


def test_the_ratio_says_how_many_times_as_long_the_first_call_takes(clock):
    order = []
    calls = (lambda s=s: (order.append(s), clock.sleep(s)) for s in (6, 3))
    found = latency_ratio(*calls, pairs=7, warmup=0)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))
    assert (found.n, found.of) == (7, "pairs")
    assert order == [6, 3, 3, 6, 6, 3, 3, 6, 6, 3, 3, 6, 6, 3]


def test_of_several_calls_a_turn_the_first_is_not_timed(clock):
    last = []

    def run(name: str, seconds: float) -> None:
        cold = last[-1:] != [name]
        last.append(name)
        clock.sleep(seconds + 0.1 * cold)  # after the other, every call takes longer

    calls = {"a": lambda: run("a", 0.006), "b": lambda: run("b", 0.003)}
    assert latency_ratio(*calls.values(), pairs=6, warmup=0).value != pytest.approx(2)
    last.clear()
    found = latency_ratio(*calls.values(), pairs=6, warmup=0, calls=3)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))
    assert "".join(last[:16]) == "aaaabbbb" + "bbbbaaaa"


def test_interruptions_of_the_longer_call_do_not_count_where_several_are_made(clock):
    made = []

    def long() -> None:
        made.append(None)
        clock.sleep(0.02 + 0.5 * (len(made) % 3 == 0))

    found = latency_ratio(long, lambda: clock.sleep(0.01), pairs=10, calls=4)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))


def test_a_machine_that_slows_down_does_not_change_the_ratio(clock):
    slower = [1.0]

    def run(seconds: float) -> None:
        clock.sleep(seconds * slower[0])
        slower[0] *= 1.05

    found = latency_ratio(lambda: run(0.003), lambda: run(0.003), pairs=30)
    assert found.low < 1 < found.high
    assert found.value == pytest.approx(1)


def test_the_interval_of_the_ratio_holds_the_truth_as_often_as_it_says(monkeypatch):
    # a and b alike, with rare long interruptions: the true median ratio is 1
    generator = torch.Generator().manual_seed(0)

    def milliseconds(_: object) -> float:
        one, other = torch.rand(2, generator=generator).tolist()
        return 1 + one / 10 + (50 if other < 0.05 else 0)

    monkeypatch.setattr(cost, "_milliseconds", milliseconds)
    held = 0
    for _ in range(300):
        found = latency_ratio(lambda: None, lambda: None, pairs=30, warmup=0)
        held += found.low <= 1 <= found.high
    assert 0.92 * 300 <= held < 300


def compare(call, **settings):
    latency_ratio(call, call, **settings)


@pytest.mark.parametrize(
    ("measure", "wrong"),
    [
        (latency, {"repeats": 1}), (latency, {"warmup": -1}),
        (compare, {"pairs": 5}), (compare, {"warmup": -1}), (compare, {"calls": 0}),
    ],
)  # fmt: skip
def test_too_few_calls_are_refused(measure, wrong):
    with pytest.raises(ValueError, match="want (repeats >= 2 and|pairs >= 6,) warmup >= 0"):
        measure(lambda: None, **wrong)
