"""Commands that make and judge networks: train, evaluate, compress, export. They need PyTorch."""

from __future__ import annotations

from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facelib.app.answers import Answer, answering

if TYPE_CHECKING:
    from torch import nn

    from facelib.data import FaceSet

FARS = (0.1, 0.01, 0.001)
RESAMPLES = 100  # of people, for intervals
MODEL = click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
to_out = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to write."
)
Shape = tuple[int, int, int]  # channels, height and width of a network's images


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("folder", type=FOLDER)
@to_out
@click.argument("more", metavar="[OPTIONS OF facelib.training]", nargs=-1, type=click.UNPROCESSED)
def train(folder: Path, out: Path, more: tuple[str, ...]) -> None:
    """Teach a network the names of the people in FOLDER (Ada/1.jpg, Ben/1.jpg).

    \b
    facelib train photos --out face.safetensors --train 5 --epochs 60

    Other options come last; `python -m facelib.training folder --help` lists them.
    """
    from facelib.training.__main__ import main

    main(["folder", "--path", str(folder), "--out", str(out), *more])


@click.command()
@MODEL
@click.argument("folder", type=FOLDER, required=False)
@click.option("--seed", type=int, default=0, show_default=True, help="Of people who don't exist.")
@answering
def evaluate(model: Path, folder: Path | None, seed: int) -> Answer:
    """How well does MODEL verify the people in FOLDER, or 200 who don't exist?

    \b
    facelib evaluate face.onnx photos
    facelib evaluate face.safetensors --seed 1

    Faces are found and cut as `facelib verify` does. Take people whom MODEL has not learnt from. A
    threshold may be given to `facelib verify --model MODEL --threshold`.
    """
    from tqdm import tqdm

    from facelib import data
    from facelib.measure import Verification, bootstrap_pairs, similarity
    from facelib.measure.histogram import EXACT_PAIRS
    from facelib.models import embed
    from facelib.synth.people import pick_seed

    network, shape = read(model)
    if folder:
        faces = fit(data.folder(folder, detect=True, skip_bad=True), shape)
    else:
        faces = render(200, 3, pick_seed("crowd", seed), shape)
    if len(faces) ** 2 / 2 > EXACT_PAIRS:
        raise ValueError(f"{len(faces):,} photographs are too many: take fewer people")
    codes, person = embed(network, faces.images), faces.person
    left, right, same = data.all_pairs(person)
    scores = similarity(codes, codes)[left, right]
    pairs = Verification(scores, same)
    fars = [far for far in FARS if far * pairs.impostor >= 1]
    measures = {"AUC": lambda rates: rates.auc, "EER": lambda rates: rates.eer} | {
        f"TAR at {far:g} FAR": lambda rates, far=far: rates.tar_at(far) for far in fars
    }
    found = {
        name: bootstrap_pairs(measure, scores, person[left], person[right], RESAMPLES)
        for name, measure in tqdm(measures.items(), "resampling people", leave=False)
    }
    words = [f"{faces.source}: {pairs.genuine:,} genuine, {pairs.impostor:,} impostor pairs"]
    words += [f"{name:<16} {value!r}" for name, value in found.items()]
    known = {far: pairs.threshold_at(far) for far in fars}
    words += [f"threshold for {far:g} FAR: {threshold:.4f}" for far, threshold in known.items()]
    result = {name: vars(value) for name, value in found.items()} | {
        "faces": words[0],
        "thresholds": {far: None if isinf(value) else value for far, value in known.items()},
    }
    return result, "\n".join(words)


@click.command()
@MODEL
@to_out
@click.option("--share", type=float, help="Of the multiplications to take out, as 0.5.")
@click.option("--bits", type=click.IntRange(2, 8), default=8, show_default=True, help="Of weights.")
@answering
def compress(model: Path, out: Path, share: float | None, bits: int) -> Answer:
    """Make a zipped ONNX file of 8 bits of MODEL: what can be done without teaching it again.

    \b
    facelib compress face.safetensors --out face.onnx.zip --bits 4
    """
    from torch.optim.swa_utils import update_bn

    from facelib.compress import prune, ship
    from facelib.models import embed
    from facelib.models.runtime import OnnxModel
    from facelib.synth.people import pick_seed

    network, shape = read(model, out)
    faces, small = render(128, 4, pick_seed("calibration"), shape).images, network
    if share is not None:
        small, _ = prune(network, share, shape)
        update_bn((faces.float() / 255).split(128), small)  # its statistics are stale after the cut
    size = ship(small.eval(), out, faces, bits)
    fresh = render(100, 1, pick_seed("crowd"), shape).images
    cosine = float((embed(network, fresh) * embed(OnnxModel(out), fresh)).sum(1).mean())
    words = [
        f"{model.stat().st_size:,} -> {size:,} bytes; the mean cosine with what MODEL says of 100 "
        f"people who don't exist is {cosine:.3f}."
    ]
    if share is not None:
        words += ["It was cut, and must be taught again before it is of use (lessons 06 and 07)."]
    if bits < 8:
        words += ["So few bits cost less if the network learns with them (lesson 08)."]
    found = {"bytes": size, "bytes before": model.stat().st_size, "cosine": cosine}
    return found, "\n".join(words)


@click.command()
@MODEL
@to_out
@answering
def export(model: Path, out: Path) -> Answer:
    """Write MODEL as an ONNX file, which any onnxruntime runs, and `facelib verify --model`.

    \b
    facelib export face.safetensors --out face.onnx
    """
    from facelib import compress

    network, shape = read(model, out)
    report = compress.export(network, out, shape)
    words = f"{report.bytes:,} bytes; embeddings differ by {report.difference:.1g} at most."
    return {"bytes": report.bytes, "difference": report.difference}, words


def read(path: Path, out: Path | None = None) -> tuple[nn.Module, Shape]:
    """A network and what it reads; if something is to be made of it, from a file of weights.

    Raises:
        FileNotFoundError, ValueError: it can't be read, reads something else than images of one
            size or doesn't say which, or `out` is the same file.
    """
    from facelib.door.recogniser import Recogniser
    from facelib.models import FaceResNet, io
    from facelib.models.faceresnet import SHAPE
    from facelib.models.runtime import OnnxModel

    if out and path.suffix in (".onnx", ".zip"):
        raise ValueError(f"{path} is exported already: give the .safetensors it was made from")
    if out and out.exists() and out.samefile(path):
        raise ValueError(f"--out {out} is MODEL itself: choose another name")
    if path.suffix in (".onnx", ".zip"):
        seen = Recogniser(path)
        return OnnxModel(path), (seen.channels, *seen.size)
    network, (_, about) = io.load(path), io.load_tensors(path)
    if isinstance(network, FaceResNet):
        return network, SHAPE
    if "size" not in about:
        raise ValueError(
            f"{path} doesn't say what size of images it learnt on: train it by `facelib train`, or "
            'save it by io.save_tensors(path, model.state_dict(), io.about(model) | {"size": '
            "(height, width)}) of facelib.models"
        )
    return network, (network.config.get("channels", 1), *about["size"])


def fit(faces: FaceSet, shape: Shape) -> FaceSet:
    """Faces as a network reads them."""
    from facelib.data import resize, to_grey

    faces = faces.map(to_grey) if shape[0] == 1 else faces
    return faces.map(lambda images: resize(images, *shape[1:]))


def render(people: int, images: int, seed: int, shape: Shape) -> FaceSet:
    """People who don't exist, as a network reads them."""
    from facelib.synth import synth

    return fit(
        synth(people, images, seed, size=64 if max(shape[1:]) <= 64 else 112, channels=shape[0]),
        shape,
    )
