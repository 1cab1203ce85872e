"""Train FaceCNN from a shell; under torchrun, in several processes.

python -m facelib.training orl --train 5 --epochs 60 --out face.safetensors
torchrun --nproc-per-node 4 -m facelib.training folder --path photos --out face.safetensors
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from facelib import data
from facelib.models import FaceCNN, predict, save
from facelib.training import distributed
from facelib.training.fit import fit

SOURCES = {
    "orl": lambda path: data.orl(),
    "lfw": lambda path: data.lfw(path).faces,
    "folder": data.folder,
}


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments, train, print top-1 on the images left out, save the model."""
    parser = argparse.ArgumentParser(
        "python -m facelib.training",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    add = parser.add_argument
    add("faces", choices=tuple(SOURCES), help="where the faces come from")
    add("--path", type=Path, help="the folder of photos, or of LFW")
    add("--train", type=int, default=5, help="images a person to learn from")
    add("--size", type=int, nargs=2, default=(56, 46), metavar=("HEIGHT", "WIDTH"), help="pixels")
    add("--width", type=int, default=24, help="channels of the first layer")
    add("--embedding", type=int, default=128, help="length of the embedding")
    add("--epochs", type=int, default=60)
    add("--batch", type=int, default=40, help="images a step, over all processes")
    add("--lr", type=float, default=4e-3, help="peak learning rate")
    add("--seed", type=int, default=0)
    add("--device", help="cpu, cuda or mps; the best there is unless given")
    add("--compile", action="store_true", help="run through torch.compile")
    add("--checkpoint", type=Path, help="saved after every epoch; gone on from if it is there")
    add("--out", type=Path, required=True, help="where to save the trained model")
    args = parser.parse_args(arguments)
    if args.faces == "folder" and args.path is None:
        parser.error("folder needs --path: a folder with a sub-folder of photos for each person")
    if args.out.is_dir() or args.out == args.checkpoint:
        parser.error(f"--out {args.out}: want a file, and another one than the checkpoint")
    if not args.out.parent.is_dir():
        parser.error(f"--out {args.out}: there is no folder {args.out.parent}")

    faces = SOURCES[args.faces](args.path).map(lambda images: data.resize(images, *args.size))
    enough = (faces.counts > args.train).nonzero().flatten()
    if len(enough) < 2:
        parser.error(
            f"--train {args.train}: want two people with more images than that, at least one "
            f"to test on; {len(enough)} have, the most is {int(faces.counts.max())} images"
        )
    faces = faces.of_people(enough)
    train, _, test = faces.split_images(args.train, seed=args.seed)
    torch.manual_seed(args.seed)
    model = FaceCNN(args.width, args.embedding, train.people, train.images.shape[1])
    names = ("epochs", "batch", "lr", "seed", "device", "compile", "checkpoint")
    history = fit(model, train, **{name: getattr(args, name) for name in names})
    if distributed.rank() == 0:
        top1 = (predict(model, test.images).cpu() == test.person).double().mean()
        print(f"{train}: {history.seconds:.1f} s, {history.images_per_second:.0f} images/s")
        print(f"loss {history.loss[-1]:.3f}, top-1 {top1:.2%} of {len(test)} other images")
        save(model, args.out)
    distributed.stop()


if __name__ == "__main__":
    main()
