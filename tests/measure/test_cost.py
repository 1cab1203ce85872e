"""Costs against hand counts and a clock that the test winds itself."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from facelib.measure import cost, latency, latency_ratio, macs, parameters, saved_bytes


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


def test_macs_are_those_counted_by_hand():
    for model, shape, count in (
        (nn.Linear(30, 7), (30,), 30 * 7),
        (nn.Conv2d(3, 8, 3, padding=1), (3, 10, 12), 8 * 10 * 12 * 3 * 3 * 3),
        (nn.Conv2d(3, 8, 3, stride=2), (3, 9, 9), 8 * 4 * 4 * 3 * 3 * 3),
        (nn.Conv2d(8, 8, 3, padding=1, groups=8), (8, 10, 12), 8 * 10 * 12 * 3 * 3),
        (nn.LSTM(6, 5, batch_first=True), (9, 6), 9 * 4 * 5 * (6 + 5)),
        # projections in and out, then scores and their weighted sum
        (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (5, 8), 2560 + 2 * 5 * 5 * 8),
    ):
        assert macs(model, shape) == count, model


def test_a_model_in_which_nothing_can_be_counted_is_refused_and_torch_left_as_it_was():
    with pytest.raises(ValueError, match="no multiplication was counted in ReLU"):
        macs(nn.ReLU(), (3,))
    with pytest.raises(RuntimeError):
        macs(nn.Linear(30, 7), (3,))
    assert torch.backends.mkldnn.enabled
    assert torch.backends.mha.get_fastpath_enabled()


def test_saved_bytes_are_those_on_the_disk(tmp_path):
    (tmp_path / "here").write_bytes(b"weights")
    assert saved_bytes(tmp_path / "here") == 7
    with pytest.raises(FileNotFoundError, match="gone"):
        saved_bytes(tmp_path / "gone")


def test_latency_is_the_median_with_its_spread_and_without_the_warm_up(clock):
    seconds = iter([9.0, 9.0, *(i / 1000 for i in range(1, 12))])
    found = latency(lambda: clock.sleep(next(seconds)), repeats=11, warmup=2)
    assert (found.median_ms, found.low_ms, found.high_ms) == pytest.approx((6, 2, 10))
    assert repr(found) == "6 ms [2, 10] (11 repeats)"


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


def test_of_several_calls_a_turn_neither_a_first_nor_an_interrupted_one_counts(clock):
    last = []

    def run(name: str, seconds: float) -> None:
        cold, interrupted = last[-1:] != [name], len(last) % 4 == 2
        last.append(name)
        clock.sleep(seconds + 0.1 * cold + 0.5 * interrupted)  # after the other, any takes longer

    calls = {"a": lambda: run("a", 0.006), "b": lambda: run("b", 0.003)}
    assert latency_ratio(*calls.values(), pairs=6, warmup=0).value != pytest.approx(2)
    last.clear()
    found = latency_ratio(*calls.values(), pairs=6, warmup=2, calls=3)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))
    assert (found.n, found.of) == (6, "pairs")
    assert "".join(last[:20]) == "abab" + "aaaabbbb" + "bbbbaaaa"


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


def test_latency_is_that_of_one_thread_and_puts_the_others_back(monkeypatch):
    seen = []
    monkeypatch.setattr(torch, "set_num_threads", seen.append)

    def broken() -> None:
        seen.append("called")
        raise OSError("no model")

    with pytest.raises(OSError, match="no model"):
        latency(broken)
    assert seen == [1, "called", torch.get_num_threads()]


def test_too_few_calls_are_refused():
    for wrong in {"repeats": 1}, {"warmup": -1}:
        with pytest.raises(ValueError, match="want repeats >= 2 and warmup >= 0"):
            latency(print, **wrong)
    for wrong in {"pairs": 5}, {"warmup": -1}, {"calls": 0}:
        with pytest.raises(ValueError, match="want pairs >= 6, warmup >= 0, calls >= 1"):
            latency_ratio(print, print, **wrong)
