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
from facelib.synth import identities, nuisances, render

SIZE = 112
# Whole heads, as a detector meets them.
FRONTAL = {"yaw": (-10.0, 10.0), "pitch": (-10.0, 10.0), "scale": (0.86, 1.18)}
BAR = 0.97


def main(people: int = 2000, groups: int = 4, folder: Path = RESULTS) -> None:
    """Render, detect, print, and store detection.json in `folder`.

    Args:
        people: one photograph each.
        groups: equal ranges of skin reflectance.
    """
    who = identities(people, seed=11)
    images = render(who, nuisances(people, 12, **FRONTAL), size=SIZE)[:, 0].numpy()
    found = torch.tensor([_finds(image) for image in tqdm(images, "detect")])
    skin = (who["skin"] * groups).long().clamp(0, groups - 1)
    rows = {"all": share_interval(found)} | {
        f"skin {group / groups:g} to {(group + 1) / groups:g}": share_interval(found[skin == group])
        for group in range(groups)
    }
    for name, row in rows.items():
        print(f"{name:16} {row}")
    evidence.write("detection", {"seeds": [11, 12], "bar": BAR, "found": rows}, folder)


def _finds(image: np.ndarray) -> bool:
    options = {"scale_factor": 1.1, "step_ratio": 1, "min_size": (30, 30)}
    return bool(_cascade()(img=image, max_size=(SIZE, SIZE), **options))


if __name__ == "__main__":
    main()
