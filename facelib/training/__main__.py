"""Train a network from a shell; under torchrun, in several processes.

FaceCNN learns the names of people in photographs:
python -m facelib.training orl --train 5 --epochs 60 --out face.safetensors
torchrun --nproc-per-node 4 -m facelib.training folder --path photos --out face.safetensors

FaceResNet learns to embed faces, from people who don't exist:
python -m facelib.training synth --steps 5000 --out embedding.safetensors
torchrun --nproc-per-node 4 -m facelib.training synth --loss arcface --out embedding.safetensors
"""

import argparse
import re
import sys
import textwrap
import warnings
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn

from facelib import data
from facelib.models import FaceCNN, FaceResNet, io, predict
from facelib.training import distributed
from facelib.training.batches import FreshFaces
from facelib.training.embedding import fit_embedding
from facelib.training.fit import fit
from facelib.training.losses import ContrastiveLoss, MarginLoss, TripletLoss
from facelib.training.settings import History

SETTINGS = ("batch", "lr", "seed", "device", "bf16", "compile", "checkpoint")
SOURCES = {
    "orl": lambda args: data.orl(),
    "lfw": lambda args: data.lfw(args.path).faces,
    "folder": lambda args: data.folder(args.path, skip_bad=args.skip_bad),
}
LOSSES = {
    "contrastive": lambda args: ContrastiveLoss(),
    "triplet": lambda args: TripletLoss(),
    "cosface": lambda args: MarginLoss(args.people, args.embedding, 0.35, "cosface"),
    "arcface": lambda args: MarginLoss(args.people, args.embedding, 0.5, "arcface"),
}


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments, train, print how it went, save the model."""
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.faces == "folder" and args.path is None:
        parser.error("folder needs --path: a folder with a sub-folder of photos for each person")
    if args.out.is_dir() or args.out == args.checkpoint:
        parser.error(f"--out {args.out}: want a file, and another one than the checkpoint")
    if not args.out.parent.is_dir():
        parser.error(f"--out {args.out}: there is no folder {args.out.parent}")
    if args.faces != "synth" and min(args.size) < 16:
        parser.error(f"--size {args.size[0]} {args.size[1]}: want 16 pixels or more each way")
    torch.manual_seed(args.seed)
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: print(message, file=sys.stderr)
        try:
            learn = embed_faces if args.faces == "synth" else name_people
            model, more = learn(args, {name: getattr(args, name) for name in SETTINGS})
            if distributed.rank() == 0:
                io.save_tensors(args.out, model.state_dict(), io.about(model) | more)
        except (ArithmeticError, MemoryError, OSError, ValueError) as error:
            parser.exit(1, f"{parser.prog}: {in_shell_words(str(error), vars(args))}\n")
    distributed.stop()


def in_shell_words(text: str, options: Iterable[str]) -> str:
    """An error's advice as a shell's user can follow it: --batch 20 in place of batch=20."""
    for name in options:
        option = name.replace("_", "-")
        text = re.sub(rf"(\w+\(\.\.\., )?\b{name}=True\b\)?", f"--{option}", text)
        text = re.sub(rf"\b{name}=False\b", f"--no-{option}", text)
        text = re.sub(rf"\b{name}=", f"--{option} ", text)
    return text


def name_people(args: argparse.Namespace, settings: dict) -> tuple[nn.Module, dict[str, object]]:
    """FaceCNN that has learned the names, tested on images left out; the names, in its order."""
    faces = SOURCES[args.faces](args).map(lambda images: data.resize(images, *args.size))
    enough = faces.counts > args.train
    if enough.sum() < 2:
        raise ValueError(
            f"--train {args.train}: want two people with more images than that, at least one "
            f"to test on; {int(enough.sum())} have, the most is {int(faces.counts.max())} images"
        )
    few = [faces.names[person] for person in (~enough).nonzero().flatten()]
    faces = faces.of_people(enough.nonzero().flatten())
    train, _, test = faces.split_images(args.train, seed=args.seed)
    model = FaceCNN(args.width, args.embedding, train.people, train.images.shape[1])
    history = fit(model, train, epochs=args.epochs, **settings)
    if distributed.rank() == 0:
        top1 = (predict(model, test.images).cpu() == test.person).double().mean()
        _say(train, history)
        if few:
            names = textwrap.shorten(", ".join(few), 400, placeholder=f" ... ({len(few):,} in all)")
            print(f"left out, {args.train} images or fewer: {names}")
        print(f"top-1 {top1:.2%} of {len(test)} other images")
    return model, {"names": train.names, "size": args.size}


def embed_faces(args: argparse.Namespace, settings: dict) -> tuple[nn.Module, dict[str, object]]:
    """FaceResNet that has learned which faces belong together, of people who don't exist."""
    fixed = args.loss in ("cosface", "arcface")
    faces = FreshFaces(args.people if fixed else 0, args.images_each)
    model = FaceResNet(args.width, args.embedding)
    history = fit_embedding(model, faces, LOSSES[args.loss](args), steps=args.steps, **settings)
    if distributed.rank() == 0:
        _say(f"{args.steps * args.batch} synthetic faces", history)
    return model, {}


def _say(what: object, history: History) -> None:
    print(f"{what}: {history.seconds:.1f} s, {history.images_per_second:.0f} images/s")
    print(f"loss {history.loss[-1]:.3f}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m facelib.training",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    sources = parser.add_subparsers(dest="faces", required=True, help="where the faces come from")
    for name in (*SOURCES, "synth"):
        synth = name == "synth"
        add = sources.add_parser(name).add_argument
        add("--out", type=Path, required=True, help="where to save the trained model")
        if synth:
            add("--loss", choices=tuple(LOSSES), default="contrastive")
            add("--people", type=int, default=10_000, help="for a margin; else always new ones")
            add("--images-each", type=int, default=4, help="images of a person in a batch")
            add("--steps", type=int, default=5000, help="batches to train on")
        else:
            add("--path", type=Path, help="the folder of photos, or of LFW")
            if name == "folder":
                add("--skip-bad", action="store_true", help="go on without files that are no photo")
            add("--train", type=int, default=5, help="images a person to learn from")
            add("--size", type=int, nargs=2, default=(56, 46), metavar=("HEIGHT", "WIDTH"))
            add("--epochs", type=int, default=60)
        add("--width", type=int, default=32 if synth else 24, help="channels of the first layer")
        add("--embedding", type=int, default=128, help="length of the embedding")
        add("--batch", type=int, default=256 if synth else 40, help="images a step, in all")
        add("--lr", type=float, default=2e-3 if synth else 4e-3, help="peak learning rate")
        add("--seed", type=int, default=0)
        add("--device", help="cpu, cuda or mps; the best there is unless given")
        add("--bf16", action=argparse.BooleanOptionalAction, help="else where hardware has it")
        add("--compile", action="store_true", help="run through torch.compile")
        add("--checkpoint", type=Path, help="saved now and then; gone on from if it is there")
    return parser


if __name__ == "__main__":
    main()
