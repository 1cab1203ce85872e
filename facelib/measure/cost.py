"""What a model costs: parameters, multiplications, bytes on disk and time."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from facelib.measure.interval import Interval
from facelib.models.embed import evaluating

Call = Callable[[], object]


def parameters(model: nn.Module) -> int:
    """How many numbers training adjusts; a shared one counts once, buffers don't count."""
    return sum(parameter.numel() for parameter in model.parameters())


def macs(model: nn.Module, shape: Sequence[int]) -> int:
    """Multiply-accumulate operations for one input, as PyTorch's flop counter sees them.

    Matrix products, convolutions and attention count; adding, scaling and activations don't, as
    is the custom in papers. One MAC is two FLOPs.

    Args:
        shape: one input's shape without the batch, (C, H, W) for an image.

    Raises:
        ValueError: nothing was counted, as for quantized or compiled models, whose operations the
            counter does not know.
    """
    like, counter = next(model.parameters(), torch.zeros(())), FlopCounterMode(display=False)
    with torch.no_grad(), evaluating(model), _plain_kernels(), counter:
        model(torch.zeros(1, *shape, device=like.device, dtype=like.dtype))
    if not counter.get_total_flops():
        raise ValueError(
            f"no multiplication was counted in {type(model).__name__}. Count the float model it "
            "was made from, before quantizing or compiling it."
        )
    return counter.get_total_flops() // 2


@contextmanager
def _plain_kernels() -> Iterator[None]:
    """Without fused kernels, which the counter takes for nothing (LSTM, attention)."""
    onednn, fused = torch.backends.mkldnn.enabled, torch.backends.mha.get_fastpath_enabled()
    torch.backends.mkldnn.enabled = False
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mkldnn.enabled = onednn
        torch.backends.mha.set_fastpath_enabled(fused)


def saved_bytes(path: str | Path) -> int:
    """The size of a saved model's file in bytes; FileNotFoundError where there is none."""
    return Path(path).stat().st_size


@dataclass(frozen=True)
class Latency:
    """How long a call takes: median, 10th and 90th percentile of the repeats."""

    median_ms: float
    low_ms: float
    high_ms: float
    repeats: int

    def __repr__(self) -> str:
        spread = f"[{self.low_ms:.3g}, {self.high_ms:.3g}]"
        return f"{self.median_ms:.3g} ms {spread} ({self.repeats} repeats)"


def latency(call: Call, *, repeats: int = 50, warmup: int = 5) -> Latency:
    """Time a call on its own, over and over, on one thread of torch.

    The first calls allocate memory and choose kernels, so `warmup` of them are not timed. A clock
    around GPU work would stop when it is queued, so the clock waits until it is done. Runtimes
    other than torch keep their own thread count: set it where the call is made.

    Args:
        call: what to time, `lambda: model(image)`; use it under `torch.inference_mode()`.
        repeats: timed calls, at least 2.
    """
    if repeats < 2 or warmup < 0:
        raise ValueError(f"want repeats >= 2 and warmup >= 0, got {repeats} and {warmup}")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(warmup):
            call()
        times = torch.tensor([_milliseconds(call) for _ in range(repeats)], dtype=torch.float64)
    finally:
        torch.set_num_threads(before)
    spread = torch.tensor([0.5, 0.1, 0.9], dtype=torch.float64)
    return Latency(*times.quantile(spread).tolist(), repeats)


def latency_ratio(
    a: Call, b: Call, *, pairs: int = 30, warmup: int = 5, calls: int = 1
) -> Interval:
    """How many times as long `a` takes as `b`: the median ratio with a 95 % interval.

    The calls take turns, and so does who goes first, so a machine that slows down for a while
    slows both. The interval lies between two order statistics (the sign test turned round); it
    assumes nothing about the shape of the spread, so an interruption here and there does no harm.
    It is over turns of this process: in another one the ratio may differ by a per cent or two.

    A single call finds the processor's caches full of what the other has left there, which costs
    a short call more than a long one; and an interruption nearly always hits the long one. Of
    several calls a turn, after an untimed one, the fastest counts: that is the time of a call on
    its own, over and over, on a machine that does nothing else.

    Args:
        pairs: timed pairs of turns, at least 6 (fewer cannot give 95 %), after `warmup` untimed
            calls of each.
        calls: in a turn, at least 1.
    """
    if pairs < 6 or warmup < 0 or calls < 1:
        raise ValueError(
            f"want pairs >= 6, warmup >= 0, calls >= 1, got {pairs}, {warmup} and {calls}"
        )
    from scipy import stats

    for _ in range(warmup):
        a()
        b()
    ratios = []
    for pair in range(pairs):
        first, second = (a, b) if pair % 2 == 0 else (b, a)
        one, other = _turn(first, calls), _turn(second, calls)
        ratios.append(one / other if pair % 2 == 0 else other / one)
    ratios.sort()
    # each ratio is below the true median with chance 1/2: how many can be, at 95 %?
    low = int(stats.binom.ppf(0.025, pairs, 0.5)) - 1
    middle = math.sqrt(ratios[(pairs - 1) // 2] * ratios[pairs // 2])
    return Interval(middle, ratios[low], ratios[-1 - low], pairs, of="pairs")


def _turn(call: Call, calls: int) -> float:
    """Milliseconds of the fastest of some calls; of more than one, after one that isn't timed."""
    if calls > 1:
        call()
    return min(_milliseconds(call) for _ in range(calls))


def _milliseconds(call: Call) -> float:
    _finish_gpu_work()
    start = time.perf_counter()
    call()
    _finish_gpu_work()
    return (time.perf_counter() - start) * 1000


def _finish_gpu_work() -> None:
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    elif torch.backends.mps.is_available():
        torch.mps.synchronize()
