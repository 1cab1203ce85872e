"""Train a network from a shell; under torchrun, in several processes.

FaceCNN learns the names of people in photographs:
python -m facelib.training orl --train 5 --epochs 60 --out face.safetensors
torchrun --nproc-per-node 4 -m facelib.training folder --path photos --out face.safetensors

FaceResNet learns to embed faces, from people who don't exist:
python -m facelib.training synth --steps 5000 --out embedding.safetensors
torchrun --nproc-per-node 4 -m facelib.training synth --loss arcface --out embedding.safetensors
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

from facelib import data
from facelib.models import FaceCNN, FaceResNet, predict, save
from facelib.training import distributed
from facelib.training.batches import FreshFaces
from facelib.training.embedding import fit_embedding
from facelib.training.fit import fit
from facelib.training.history import History
from facelib.training.losses import ContrastiveLoss, MarginLoss, TripletLoss

SOURCES = {
    "orl": lambda path: data.orl(),
    "lfw": lambda path: data.lfw(path).faces,
    "folder": data.folder,
}
LOSSES = {
    "contrastive": lambda args: ContrastiveLoss(),
    "triplet": lambda args: TripletLoss(),
    "cosface": lambda args: MarginLoss(args.people, args.embedding, 0.35, "cosface"),
    "arcface": lambda args: MarginLoss(args.people, args.embedding, 0.5, "arcface"),
}


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments, train, print how it went, save the model."""
    parser, args = _arguments(arguments)
    if args.faces == "folder" and args.path is None:
        parser.error("folder needs --path: a folder with a sub-folder of photos for each person")
    if args.out.is_dir() or args.out == args.checkpoint:
        parser.error(f"--out {args.out}: want a file, and another one than the checkpoint")
    if not args.out.parent.is_dir():
        parser.error(f"--out {args.out}: there is no folder {args.out.parent}")
    torch.manual_seed(args.seed)
    model = embed_faces(args, parser) if args.faces == "synth" else name_people(args, parser)
    if distributed.rank() == 0:
        save(model, args.out)
    distributed.stop()


def name_people(args: argparse.Namespace, parser: argparse.ArgumentParser) -> nn.Module:
    """FaceCNN that has learned the names, tested on images left out."""
    faces = SOURCES[args.faces](args.path).map(lambda images: data.resize(images, *args.size))
    enough = (faces.counts > args.train).nonzero().flatten()
    if len(enough) < 2:
        parser.error(
            f"--train {args.train}: want two people with more images than that, at least one "
            f"to test on; {len(enough)} have, the most is {int(faces.counts.max())} images"
        )
    faces = faces.of_people(enough)
    train, _, test = faces.split_images(args.train, seed=args.seed)
    model = FaceCNN(args.width, args.embedding, train.people, train.images.shape[1])
    history = fit(model, train, epochs=args.epochs, **_common(args))
    if distributed.rank() == 0:
        top1 = (predict(model, test.images).cpu() == test.person).double().mean()
        _say(train, history)
        print(f"top-1 {top1:.2%} of {len(test)} other images")
    return model


def embed_faces(args: argparse.Namespace, parser: argparse.ArgumentParser) -> nn.Module:
    """FaceResNet that has learned which faces belong together, of people who don't exist."""
    fixed = args.loss in ("cosface", "arcface")
    faces = FreshFaces(args.people if fixed else 0, args.images_each, compiled=args.compile)
    model = FaceResNet(args.width, args.embedding)
    try:
        loss = LOSSES[args.loss](args)
        history = fit_embedding(model, faces, loss, steps=args.steps, **_common(args))
    except ValueError as error:
        parser.error(str(error))
    if distributed.rank() == 0:
        _say(f"{args.steps * args.batch} synthetic faces", history)
    return model


def _common(args: argparse.Namespace) -> dict[str, object]:
    names = ("batch", "lr", "seed", "device", "compile", "checkpoint")
    return {name: getattr(args, name) for name in names}


def _say(what: object, history: History) -> None:
    print(f"{what}: {history.seconds:.1f} s, {history.images_per_second:.0f} images/s")
    print(f"loss {history.loss[-1]:.3f}")


def _arguments(
    arguments: list[str] | None,
) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
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
            add("--train", type=int, default=5, help="images a person to learn from")
            add("--size", type=int, nargs=2, default=(56, 46), metavar=("HEIGHT", "WIDTH"))
            add("--epochs", type=int, default=60)
        add("--width", type=int, default=32 if synth else 24, help="channels of the first layer")
        add("--embedding", type=int, default=128, help="length of the embedding")
        add("--batch", type=int, default=256 if synth else 40, help="images a step, in all")
        add("--lr", type=float, default=2e-3 if synth else 4e-3, help="peak learning rate")
        add("--seed", type=int, default=0)
        add("--device", help="cpu, cuda or mps; the best there is unless given")
        add("--compile", action="store_true", help="run through torch.compile")
        add("--checkpoint", type=Path, help="saved now and then; gone on from if it is there")
    return parser, parser.parse_args(arguments)


if __name__ == "__main__":
    main()
