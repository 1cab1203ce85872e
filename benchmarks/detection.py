"""How many frontal renders a stock detector finds: python -m benchmarks.detection

The detector is scikit-image's cascade of local binary patterns, made from photographs and used as
`folder(detect=True)` uses it. Overall, and by skin reflectance: a detector that misses dark faces
is no news (Buolamwini & Gebru 2018, https://proceedings.mlr.press/v81/buolamwini18a.html), but here
the generator may be to blame as well.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from benchmarks import RESULTS
from facecourse.kit import evidence
from facelib.data.folder import _cascade
from facelib.measure import share_interval
from facelib.synth import identities, nuisances, render, skin_group

SIZE = 112
# Whole heads, as a detector meets them; first lit as the first generation of faces was, without
# hats, then as any photographs here.
FRONTAL = {"yaw": (-10.0, 10.0), "pitch": (-10.0, 10.0), "scale": (0.86, 1.18)}
PHOTOS = {
    "even light, no hats": {"azimuth": (-60.0, 60.0), "ambient": (0.35, 0.8), "hat": 0.0},
    "any light, hats": {},
}
BAR = 0.97  # in even light


def main(people: int = 2000, groups: int = 4, folder: Path = RESULTS) -> None:
    """Render, detect, print, and store detection.json in `folder`.

    Args:
        people: one photograph each.
        groups: equal ranges of skin reflectance.
    """
    who = identities(people, seed=11)
    skin, found = skin_group(who, groups), {}
    for name, photos in PHOTOS.items():
        seen = nuisances(people, 12, **FRONTAL, **photos)
        images = render(who, seen, size=SIZE)[:, 0].numpy()
        right = torch.tensor([_finds(image) for image in tqdm(images, name)])
        found[name] = {"all": share_interval(right)} | {
            f"skin {group / groups:g} to {(group + 1) / groups:g}": share_interval(
                right[skin == group]
            )
            for group in range(groups)
        }
        print(name, *found[name].items(), sep="\n")
    evidence.write("detection", {"seeds": [11, 12], "bar": BAR, "found": found}, folder)


def _finds(image: np.ndarray) -> bool:
    options = {"scale_factor": 1.1, "step_ratio": 1, "min_size": (30, 30)}
    return bool(_cascade()(img=image, max_size=(SIZE, SIZE), **options))


if __name__ == "__main__":
    main()
