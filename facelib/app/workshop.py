"""Commands that make and judge networks: train, evaluate, compress, export. They need PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from facelib.app.answers import as_json, refusing, say

if TYPE_CHECKING:
    from torch import nn

    from facelib.data import FaceSet

FARS = (0.1, 0.01, 0.001)
RESAMPLES = 100  # of people, for intervals
FRESH = 300  # people who don't exist, with three pictures each
SIZE = 56, 46  # px of what `facelib train` shows a network, unless told otherwise
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
out = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to write."
)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("folder", type=FOLDER)
@out
@click.argument("more", metavar="[OPTIONS OF facelib.training]", nargs=-1, type=click.UNPROCESSED)
def train(folder: Path, out: Path, more: tuple[str, ...]) -> None:
    """Teach a network the names of the people in FOLDER (Ada/1.jpg, Ben/1.jpg).

    \b
    facelib train photos --out face.safetensors --train 5 --epochs 60

    `python -m facelib.training folder --help` lists the other options; they come last.
    """
    from facelib.training.__main__ import main

    main(["folder", "--path", str(folder), "--out", str(out), *more])


@click.command()
@click.argument("model", type=FILE)
@click.argument("folder", type=FOLDER, required=False)
@click.option("--seed", type=int, default=0, show_default=True, help="Of people who don't exist.")
@as_json
@refusing
def evaluate(model: Path, folder: Path | None, seed: int, as_json: bool) -> None:
    """How well does MODEL verify the people in FOLDER, or people who don't exist?

    \b
    facelib evaluate face.onnx photos
    facelib evaluate face.safetensors --seed 1

    Faces are found and cut as `facelib verify` does. People whom it has learnt from tell nothing.
    Each threshold can be given to `facelib verify --model MODEL --threshold`.
    """
    from tqdm import tqdm

    from facelib import data
    from facelib.measure import bootstrap_pairs, similarity, verify_all
    from facelib.measure.histogram import EXACT_PAIRS
    from facelib.models import embed

    network, shape = read(model)
    if folder:
        faces = fit(data.folder(folder, detect=True, skip_bad=True), shape)
    else:
        faces = render(FRESH, 3, "crowd", seed, shape)
    codes = embed(network, faces.images)
    left, right, _ = data.all_pairs(faces.person)
    if len(left) > EXACT_PAIRS:
        raise ValueError(
            f"{len(faces):,} photographs are too many for intervals: take fewer people"
        )
    pairs = verify_all(codes, faces.person)
    scores, people = (
        similarity(codes, codes)[left, right],
        (faces.person[left], faces.person[right]),
    )
    fars = [far for far in FARS if far * pairs.impostor >= 1]
    measures = {"AUC": lambda rates: rates.auc, "EER": lambda rates: rates.eer} | {
        f"TAR at {100 * far:g} % FAR": lambda rates, far=far: rates.tar_at(far) for far in fars
    }
    found = {
        name: bootstrap_pairs(measure, scores, *people, RESAMPLES)
        for name, measure in tqdm(measures.items(), "resampling people", leave=False)
    }
    cosines = {far: pairs.threshold_at(far) for far in fars}
    words = [f"{name:<16} {value:.3f}" for name, value in found.items()]
    words += [f"threshold for a FAR of {far:g}: {cosine:.3f}" for far, cosine in cosines.items()]
    about = f"{faces.source}: {len(faces)} photographs of {faces.people} people, {pairs}"
    result = {"faces": about, "n": faces.people, "thresholds": cosines}
    result |= {name: vars(value) for name, value in found.items()}
    say(result, "\n".join([f"{about}; 95 % intervals over people", *words]), as_json)


@click.command()
@click.argument("model", type=FILE)
@out
@click.option("--share", type=float, help="Of the multiplications to prune, as 0.5.")
@click.option("--bits", type=click.IntRange(2, 8), default=8, show_default=True, help="Of weights.")
@as_json
@refusing
def compress(model: Path, out: Path, share: float | None, bits: int, as_json: bool) -> None:
    """Make a zipped ONNX file of 8 bits of MODEL, as small as can be without teaching it again.

    \b
    facelib compress face.safetensors --out face.onnx.zip --bits 4
    """
    from torch.optim.swa_utils import update_bn

    from facelib.compress import prune, ship
    from facelib.models import embed
    from facelib.models.runtime import OnnxModel

    network, shape = read(model, out)
    faces, small = render(128, 4, "calibration", 0, shape).images, network
    if share is not None:
        small, _ = prune(network, share, shape)
        update_bn((faces.float() / 255).split(128), small)  # its statistics are stale after the cut
    size = ship(small.eval(), out, faces, bits)
    fresh = render(100, 1, "crowd", 0, shape).images
    alike = float((embed(network, fresh) * embed(OnnxModel(out), fresh)).sum(1).mean())
    found = {"bytes": [model.stat().st_size, size], "cosine": alike}
    words = "{:,} -> {:,} bytes".format(*found["bytes"])
    words += f"; on 100 people who don't exist its cosine with the original is {alike:.3f} (mean)."
    if share is not None:
        words += "\nIt was cut, and must be taught again before it is of use (lessons 06 and 07)."
    if bits < 8:
        words += "\nWeights of so few bits lose less if the network learns with them (lesson 08)."
    say(found, words, as_json)


@click.command()
@click.argument("model", type=FILE)
@out
@as_json
@refusing
def export(model: Path, out: Path, as_json: bool) -> None:
    """Write MODEL as an ONNX file, which any onnxruntime and `facelib verify --model` run.

    \b
    facelib export face.safetensors --out face.onnx
    """
    from facelib.compress import export as write

    report = write(*(read(model, out)[0], out, read(model)[1]))
    words = f"{report.bytes:,} bytes; its embeddings differ by {report.difference:.1g} at most."
    say({"bytes": report.bytes, "difference": report.difference}, words, as_json)


def read(path: Path, out: Path | None = None) -> tuple[nn.Module, tuple[int, int, int]]:
    """A network and the shape of its images, (C, H, W); of an ONNX file only if nothing is to be
    written."""
    from facelib.models import FaceResNet, io
    from facelib.models.faceresnet import SHAPE
    from facelib.models.runtime import OnnxModel

    if path.suffix in (".onnx", ".zip"):
        if out:
            raise ValueError(f"{path} is exported already: give the .safetensors it was made from")
        network = OnnxModel(path)
        return network, tuple(network.session.get_inputs()[0].shape[1:])
    if out and out.exists() and out.samefile(path):
        raise ValueError(f"--out {out} is the model itself: choose another name")
    network, (_, about) = io.load(path), io.load_tensors(path)
    if isinstance(network, FaceResNet):
        return network, SHAPE
    return network, (network.config.get("channels", 1), *about.get("size", SIZE))


def fit(faces: FaceSet, shape: tuple[int, int, int]) -> FaceSet:
    """Faces as a network of this shape reads them."""
    from facelib.data import resize, to_grey

    faces = faces.map(to_grey) if shape[0] == 1 else faces
    return faces.map(lambda images: resize(images, *shape[1:]))


def render(people: int, images: int, who: str, seed: int, shape: tuple[int, int, int]) -> FaceSet:
    """People who don't exist, `who` and `seed` as in `synth.people`."""
    from facelib.synth import synth
    from facelib.synth.people import pick_seed

    number = pick_seed("calibration") if who == "calibration" else pick_seed("crowd", seed)
    drawn = synth(people, images, number, size=max(shape[1:]), channels=shape[0])
    return fit(drawn, shape)
