"""The evidence of lesson 08: what fewer bits, lower ranks and codebooks save and take."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.ladder.student import PEOPLE, STEPS, calibration_faces, tar_drop, train_further
from facecourse.ladder.timing import CALLS, call, times_faster
from facecourse.lesson08_quantization import experiment as rounding
from facelib.compress import decode, export, quantize, save_shared, share, sparsify
from facelib.measure import Interval, latency_ratio, macs, parameters, saved_bytes
from facelib.models import FaceCNN, face_student, save
from facelib.models.faceresnet import SHAPE
from facelib.models.runtime import OnnxModel

HERE = Path(__file__).parent

SEEDS = tuple(range(5))
BITS = (8, 6, 4, 3, 2)
TYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16}
PARTS = ((0.25, nn.Linear), (0.5, nn.Conv2d), (0.25, nn.Conv2d))
ZEROS, VALUES = (0.5, 0.8), (256, 32, 16)
LONGER = 4 * STEPS  # of training on between pruning and sharing
PAIRS = 50  # of turns of timed calls
KINDS: dict[str, Callable[[], nn.Module]] = {
    "the student": face_student,
    "the same with PReLU": rounding.build_prelu_student,
    "lesson 01's FaceCNN": lambda: FaceCNN(24, 128, 20).eval(),
}


def files() -> dict[str, dict]:
    """[file]: bytes, how many times faster than 32 bits, points lost."""
    with tempfile.TemporaryDirectory() as place:
        paths = rounding.export_files(Path(place))
        models = {name: OnnxModel(path) for name, path in paths.items()}
        whole = models["32 bits"]
        return {
            name: {
                "bytes": paths[name].stat().st_size, "lost": tar_drop(model, PEOPLE),
                "times faster": latency_ratio(call(whole), call(model), pairs=PAIRS, calls=CALLS),
            }
            for name, model in models.items()
        }  # fmt: skip


def losses(train: Callable[[int], nn.Module]) -> list[float]:
    """Points lost by what `train` makes, one value a seed."""
    return [tar_drop(train(seed), PEOPLE).value for seed in SEEDS]


def bits() -> dict[str, dict]:
    """[bits of a weight], what is read at 8, in a file that runs: points lost at once, and one
    value a seed where the student was trained on before it was rounded, and while it was."""
    longer = {seed: train_further(face_student(), seed, STEPS, rounding.RATE) for seed in SEEDS}

    def measure(width: int) -> dict:
        def cut(model: nn.Module) -> nn.Module:
            return rounding.run_shipped(model, width)

        return {
            "at once": tar_drop(cut(face_student()), PEOPLE),
            "trained on, then rounded": losses(lambda seed: cut(longer[seed])),
            "aware": losses(lambda seed: cut(rounding.train_rounded(width, seed, STEPS))),
        }

    return {str(width): measure(width) for width in tqdm(BITS[:-1], "bits")}


def scales() -> dict[str, dict[str, Interval]]:
    """["a channel" or "a layer"][bits]: points lost with rounded weights, by who has a scale."""

    def measure(per_channel: bool) -> dict[str, Interval]:
        return {str(n): tar_drop(rounding.round_student(n, per_channel), PEOPLE) for n in BITS}

    return {"a channel": measure(True), "a layer": measure(False)}


def halves() -> dict[str, dict]:
    """[type of 16 bits]: the largest number it holds, its relative step, and points lost."""
    return {
        name: {
            "largest": torch.finfo(dtype).max, "step": torch.finfo(dtype).eps,
            "lost": tar_drop(rounding.cast_student(dtype), PEOPLE),
        }
        for name, dtype in TYPES.items()
    }  # fmt: skip


def eight_bits_faster() -> dict[str, dict]:
    """[network]: how many times faster its file of 8 bits is than its own of 32."""
    found = {}
    with tempfile.TemporaryDirectory() as place:
        for name, made in KINDS.items():
            plain = export(made(), Path(place) / "plain.onnx", SHAPE).path
            small = quantize(plain, Path(place) / "small.onnx", calibration_faces())
            calls = call(OnnxModel(plain)), call(OnnxModel(small.path))
            timed = latency_ratio(*calls, pairs=PAIRS, calls=CALLS)
            found[name] = {"layers": small.layers, "times faster": timed}
    return found


def ranks() -> list[dict]:
    """Low rank by kind of layer and share of the full rank, before and after training on."""
    models = {
        f"{kind.__name__} {part:g}": rounding.reduce_rank(part, kind)[0] for part, kind in PARTS
    }
    rows = [
        {
            "name": name, "layers": kind.__name__, "part": part, "parameters": parameters(model),
            "macs": macs(model, SHAPE), "at once": tar_drop(model, PEOPLE),
            "trained on": losses(partial(train_further, model, steps=STEPS)),
        }
        for (name, model), (part, kind) in zip(models.items(), PARTS, strict=True)
    ]  # fmt: skip
    faster = times_faster(models, PAIRS)
    return [row | {"times faster": faster[row["name"]]} for row in rows]


def deep_compression() -> list[dict]:
    """Prune, share, code (Han et al. 2016), stage by stage, on disk."""
    rows = []

    def note(stage: str, model: nn.Module, write: Callable[[nn.Module, Path], object]) -> None:
        with tempfile.TemporaryDirectory() as place:
            write(model, Path(place) / "model")
            size = saved_bytes(Path(place) / "model")
        rows.append({"stage": stage, "bytes": size, "lost": tar_drop(model, PEOPLE)})

    note("32 bits", face_student(), save)
    for values in VALUES:
        note(f"{values} values", share(face_student(), values)[0], save_shared)
    for part in ZEROS:
        sparse = train_further(sparsify(face_student(), part)[0], steps=LONGER)
        for values in VALUES[1:]:
            small, _ = share(decode(sparse), values)
            note(f"{part:.0%} zeros, {values} values", small, save_shared)
    return rows


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some twenty-five minutes on one thread."""
    torch.manual_seed(0)
    payload = {
        "seeds": SEEDS,
        "files": files(),
        "eight bits": eight_bits_faster(),
        "scales": scales(),
        "halves": halves(),
        "bits": bits(),
        "ranks": ranks(),
        "deep compression": deep_compression(),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
