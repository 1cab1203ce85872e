"""The picture at the top of the README: python tools/draw_front.py [docs/front.png]

People who don't exist, with the cosines that the shipped file of 74 kB gives each pair, and what
the files of the ladder keep of the teacher's verification (facecourse/ladder/ladder.json).
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from facecourse.kit import evidence
from facelib.figures import COLOURS, subplots
from facelib.models import embed
from facelib.models.pretrained import face_compact
from facelib.synth import identities, nuisances, render

ROOT = Path(__file__).parents[1]
ROWS, SEED = 2, 7
FILES = {
    "teacher": "teacher, 32 bits",
    "teacher, 8 bits": "teacher, 8 bits",
    "student, 8 bits": "student, 8 bits",
    "pruned, 8 bits": "pruned, 8 bits",
    "rounded, 4 bits": "weights of 4 bits",
}


def main(place: Path) -> None:
    """Draw it anew: the same picture each time."""
    # In each row a person, the same one again, and another.
    who = torch.tensor([[2 * row, 2 * row, 2 * row + 1] for row in range(ROWS)]).flatten()
    people = identities(2 * ROWS, seed=SEED)[who]
    photos = nuisances(len(who), seed=SEED, yaw=(-18.0, 18.0), pitch=(-8.0, 8.0))
    codes = embed(face_compact(), render(people, photos, size=64, channels=1), flip=False)
    images = render(people, photos, size=112, channels=3).permute(0, 2, 3, 1)
    figure, axes = subplots(ROWS, 4, figsize=(10, 3.7), width_ratios=(1, 1, 1, 2.9))
    for shown, axis in enumerate(axes[:, :3].flat):
        axis.imshow(images[shown])
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        if shown % 3:
            first = shown - shown % 3
            same = ("different people", "the same person")[shown % 3 == 1]
            axis.set_xlabel(f"{same}\ncosine {float(codes[first] @ codes[shown]):.2f}", fontsize=9)
    ladder = evidence.load("ladder")
    found = {file: ladder["costs"][file] | ladder["lost"][file] for file in FILES}
    sizes = [row["bytes"] / 1e3 for row in found.values()]
    lost = [row["0.1 %"].value for row in found.values()]
    for axis in axes[:, 3]:
        axis.remove()
    axis = figure.add_subplot(axes[0, 3].get_gridspec()[:, 3])
    axis.plot(sizes, lost, "o-", color=COLOURS[0])
    for name, x, y in zip(FILES.values(), sizes, lost, strict=True):
        look = {"textcoords": "offset points", "fontsize": 9, "va": "top"}
        axis.annotate(f"{name}\n{x:,.0f} kB", (x, y), (7, -3), **look)
    axis.set(xscale="log", xlabel="kilobytes of the file", ylabel="points of TAR lost, FAR 0.1 %")
    axis.set_xticks([100, 300, 1000, 3000], ["100", "300", "1,000", "3,000"])
    axis.minorticks_off()
    axis.spines[["top", "right"]].set_visible(False)
    axis.set(xlim=(55, 40_000), ylim=(max(lost) + 2, -1))
    figure.savefig(place, dpi=120, metadata={"Source": evidence.digest(evidence.find("ladder"))})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "front.png")
