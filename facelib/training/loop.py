"""train(): the training loop of the course, on one screen; `fit` and `fit_embedding` call it.

AdamW (Loshchilov & Hutter 2019), one-cycle schedule (Smith & Topin 2018). All randomness is keyed
by (seed, step): the same machine, versions and thread count give the same bits, and a run that was
killed goes on as if it had not been.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from facelib.threads import few_threads
from facelib.training import checkpoint, distributed
from facelib.training.device import compiled, has_fast_bf16
from facelib.training.progress import Progress
from facelib.training.settings import History, Settings

MEMORY_IS_FULL = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
ADVICE = (
    "If the shape is not the one it was built for: channels=3 builds FaceCNN for colours; "
    "faces.map(to_grey), or resize of facelib.data, changes the images"
)
LOOK_EVERY = 20  # steps between two looks at the loss; a look waits for the GPU


class Objective(nn.Module):
    """What is minimised: images and who they show -> a loss. Holds everything that is learned.

    Args:
        model: float images (N, C, H, W) in [0, 1] -> (N, D).
        loss: ((N, D) of the model, person (N,)) -> a number; may have weights of its own.
    """

    def __init__(self, model: nn.Module, loss: nn.Module) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, images: Tensor, person: Tensor) -> Tensor:
        with reading("the model", images, ADVICE):
            said = self.model(images)
        return self.loss(said, person)


def train(
    model: nn.Module,
    loss: nn.Module,
    draw: Callable[[int], tuple[Tensor, Tensor]],
    settings: Settings,
    *,
    steps: int,
    every: int,
    run: dict[str, Any],
) -> History:
    """Train `model` and `loss`, in place, for `steps` steps; leave them in evaluation mode.

    Args:
        model, loss: as in `Objective`.
        draw: step -> float images in [0, 1] on the device and whom they show: this process's part
            of a batch.
        settings: with the device chosen.
        every: steps between two checkpoints; validation comes every `validate_every`-th time.
        run: what a checkpoint of this run must agree with, beside the settings.

    Errors are those of `fit`.
    """
    rank, world = distributed.start(settings.device)
    device, batch, path = settings.device, settings.batch, settings.checkpoint
    bf16 = has_fast_bf16(device) if settings.bf16 is None else settings.bf16
    _check_precision(model)
    model.to(device, memory_format=torch.channels_last).train()
    learned = Objective(model, loss.to(device).train())
    objective = Objective(compiled(model), loss) if settings.compile else learned
    forward = distributed.wrap(objective, device)
    optimizer = torch.optim.AdamW(
        learned.parameters(), settings.lr, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, total_steps=steps)

    run = run | {
        "model": [type(model).__name__, getattr(model, "config", None)], "batch": batch,
        "lr": settings.lr, "weight_decay": settings.weight_decay, "seed": settings.seed,
        "bf16": bf16, "processes": world,
    }  # fmt: skip
    history = History()
    if path is not None and Path(path).exists():
        history = checkpoint.load(path, learned, optimizer, schedule, run)
    first = len(history.loss)
    look = _Look(learned, history, path)
    visible = rank == 0
    bar = Progress(first, steps, show=settings.progress and visible, plot=settings.plot and visible)
    start = time.perf_counter()

    quiet, outside = few_threads(model, batch // world, device), [device] * (device.type == "cuda")
    # Seeds set inside leave the caller's random state as it was.
    with bar, quiet, torch.random.fork_rng(outside), _memory_advice(batch, world):
        for step in range(first, steps):
            images, person = draw(step)
            if images.ndim == 4:  # sequences have no channels
                images = images.contiguous(memory_format=torch.channels_last)

            _seed(key(settings.seed, "model", step, rank), device)  # for dropout
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                value = forward(images, person)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()

            bar.update()
            look.at(value)
            done, last = step + 1, step + 1 == steps
            if done % every and not last:
                continue
            look.now()
            due = done % (every * settings.validate_every) == 0 or last
            if settings.validate is not None and rank == 0 and due:
                with torch.no_grad():
                    value = float(settings.validate(model.eval()))
                history.validation.append((done, value))
                model.train()
            bar.show(history, last)
            if path is not None and rank == 0:
                checkpoint.save(path, learned, optimizer, history, run)
            distributed.wait()

    learned.eval()
    history.seconds = time.perf_counter() - start
    history.images_per_second = (steps - first) * batch / history.seconds
    return history


def key(*parts: int | str) -> int:
    """A 63-bit seed from (seed, step, ...); other parts give an unrelated seed.

    Torch's generator on the CPU takes the lower 32 bits of it.
    """
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def generator(*parts: int | str) -> torch.Generator:
    """A CPU random generator seeded by `key(*parts)`."""
    return torch.Generator().manual_seed(key(*parts))


class _Look:
    """Losses stay on the device and come over now and then; a run that has blown up is stopped."""

    def __init__(self, model: nn.Module, history: History, path: str | Path | None) -> None:
        self.model, self.history, self.path, self.waiting = model, history, path, []

    def at(self, loss: Tensor) -> None:
        self.waiting.append(loss.detach())
        if len(self.waiting) == LOOK_EVERY:
            self.now()

    def now(self) -> None:
        if not self.waiting:
            return
        losses = torch.stack(self.waiting)
        self.waiting.clear()
        weights = torch.stack([p.detach().isfinite().all() for p in self.model.parameters()])
        if not (losses.isfinite().all() and weights.all()):
            saved = self.path is not None and Path(self.path).exists()
            kept = f"the last good checkpoint is {self.path}" if saved else "nothing was saved yet"
            raise FloatingPointError(
                f"the loss or a weight became infinite or NaN after step {len(self.history.loss)}; "
                f"{kept}. "
                "Try a lower learning rate, bf16=False, or look for bad images."
            )
        self.history.loss.extend(losses.tolist())


def _check_precision(model: nn.Module) -> None:
    kinds = {part.dtype for part in model.parameters() if part.is_floating_point()}
    if others := sorted(str(kind) for kind in kinds - {torch.float32}):
        raise ValueError(
            f"training wants weights in float32, got {', '.join(others)}: call model.float(), and "
            "leave it to bf16=True to compute in bfloat16"
        )


def _seed(value: int, device: torch.device) -> None:
    """`torch.manual_seed` for the device at work alone: 1 us on a CPU, where that takes 180."""
    torch.default_generator.manual_seed(value)
    if device.type == "cuda":
        torch.cuda.manual_seed_all(value)
    elif device.type == "mps":
        torch.mps.manual_seed(value)


@contextmanager
def reading(who: str, images: Tensor, advice: str) -> Iterator[None]:
    """A network's fault with images is a ValueError that tells their shape, unless memory is full:
    the loop knows what to advise then."""
    try:
        yield
    except RuntimeError as error:
        if _memory_is_full(error):
            raise
        shape = tuple(images.shape[1:])
        raise ValueError(f"{who} can't read images of shape {shape}: {error}. {advice}") from error


def _memory_is_full(error: RuntimeError) -> bool:
    return any(words in str(error).lower() for words in MEMORY_IS_FULL)


@contextmanager
def _memory_advice(batch: int, world: int) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if not _memory_is_full(error):
            raise
        smaller = batch // 2 // world * world
        advice = f"try batch={smaller}" if smaller >= 2 * world else "try a narrower model"
        raise MemoryError(
            f"out of memory with batch={batch}; {advice}, or smaller images"
        ) from error
