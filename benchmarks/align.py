"""What finding and cutting faces gives and costs: FACELIB_LFW=... python -m benchmarks.align

On View 1 of LFW, to choose by, in frames of 250 px that repeat the crops' edges. Where eyes, nose
and mouth are in these is the median of what the detector finds: a fault common to all isn't seen.
Then people who don't exist, by skin; their maker may be to blame (Buolamwini & Gebru 2018)."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from benchmarks import RESULTS
from facecourse.kit import evidence
from facelib.data import LFW, FaceSet, Pairs, lfw, resize, to_grey
from facelib.door.align import cut, fit
from facelib.door.detect import detect
from facelib.measure import Interval, bootstrap_difference, bootstrap_people, share_interval
from facelib.measure.verification import Rates, Verification
from facelib.models import embed, face_compact
from facelib.synth import identities, nuisances, render, skin_group

SIZE, MARGIN = 112, 69  # px: of a crop, and around it
# Whole heads, in the light of the first generation of faces, then in any.
FRONTAL = {"yaw": (-10.0, 10.0), "pitch": (-10.0, 10.0), "scale": (0.86, 1.18)}
PHOTOS = {
    "even light, no hats": {"azimuth": (-60.0, 60.0), "ambient": (0.35, 0.8), "hat": 0.0},
    "any light, hats": {},
}


def main(every: int = 1, people: int = 2000, times: int = 200, folder: Path = RESULTS) -> None:
    """Measure one of `every` pairs, that many who don't exist, comparisons; store align.json."""
    faces, pairs, fold = lfw(view=1)
    faces, pairs, _ = LFW(faces, Pairs(*(part[::every] for part in pairs)), fold).of_pairs()
    frame = [(MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)]
    crops = faces.images.permute(0, 2, 3, 1).numpy()
    photos = [Image.fromarray(np.pad(crop, frame, mode="edge")) for crop in crops]
    payload = {
        "View 1": measure_cuts(faces, pairs, photos),
        "comparison": time_pair(photos[:2], times),
        "seeds": [11, 12],
        "renders found": {name: find_renders(people, seen) for name, seen in PHOTOS.items()},
    }
    print(*payload.items(), evidence.write("align", payload, folder), sep="\n")


def measure_cuts(faces: FaceSet, pairs: Pairs, photos: list[Image.Image]) -> dict[str, object]:
    """What is found, how far from the given crops it is cut, and what that costs in accuracy."""
    largest = [next(iter(detect(photo)), None) for photo in tqdm(photos, "View 1")]
    found = torch.tensor([face is not None for face in largest])
    points = np.array([face.points for face in largest if face])
    places = np.median(points, 0) - MARGIN
    eyes = places[:2] @ [1, 1j]
    cuts = np.array([turn * eyes + start for turn, start in (fit(five, SIZE) for five in points)])
    near = found.repeat(2, 1)
    for row, where in zip(near, (cuts, points[:, :2] @ [1, 1j]), strict=True):
        far = np.abs(where - MARGIN * (1 + 1j) - eyes).max(1) / abs(eyes[1] - eyes[0])
        row[found] = torch.from_numpy(far < 0.1)
    crops = faces.images.permute(0, 2, 3, 1).clone()
    for crop, photo, face in zip(crops.numpy(), photos, largest, strict=True):
        if face:
            crop[:] = cut(photo, face.points, SIZE)
    scores = [score(images, pairs) for images in (faces.images, crops.permute(0, 3, 1, 2))]
    scores[1][~(found[pairs.left] & found[pairs.right])] = -1.0  # refused
    people = faces.person[pairs.left], faces.person[pairs.right]
    return {
        "places": places / SIZE,
        "found": share_interval(found, of="photographs"),
        "eyes of the given crop within 10 % in ours": bootstrap_people(near[0], faces.person),
        "eyes found within 10 % of their median": bootstrap_people(near[1], faces.person),
        "pairs": len(pairs.same),
        "accuracy of the given crops, %": accuracy(Verification(scores[0], pairs.same)),
        "accuracy lost, points": bootstrap_difference(accuracy, *scores, *people),
    }


def score(images: Tensor, pairs: Pairs) -> Tensor:
    """The cosine of each pair by the shipped compact network."""
    codes = embed(face_compact(), resize(to_grey(images), 64, 64))
    return (codes[pairs.left] * codes[pairs.right]).sum(1)


def accuracy(pairs: Rates) -> float:
    """Of the best threshold, in %."""
    return 100 * pairs.accuracy_at(pairs.best_threshold())


def find_renders(people: int, seen: dict, groups: int = 4) -> dict[str, Interval]:
    """The share of people who don't exist that is found: of all, and by skin reflectance."""
    who = identities(people, seed=11)
    images = render(who, nuisances(people, 12, **FRONTAL, **seen), size=SIZE, channels=3)
    images = map(Image.fromarray, images.permute(0, 2, 3, 1).numpy())
    found = torch.tensor([bool(detect(image)) for image in tqdm(images, "renders", people)])
    skin, edges = skin_group(who, groups), [group / groups for group in range(groups + 1)]
    return {"all": share_interval(found)} | {
        f"skin {edges[group]:g} to {edges[group + 1]:g}": share_interval(found[skin == group])
        for group in range(groups)
    }


def time_pair(photos: list[Image.Image], times: int) -> dict[str, object]:
    """Milliseconds of a comparison in a running process; seconds of a process, a tenth as often."""
    ran, took = [], []
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.jpg" for number in range(len(photos))]
        for photo, file in zip(photos, files, strict=True):
            photo.save(file, quality=95)
        for many in [times] + [1] * (times // 10):
            command = [sys.executable, "-m", "benchmarks.pair", *files, str(many)]
            start = time.perf_counter()
            ran.append(json.loads(subprocess.check_output(command)))
            took.append(time.perf_counter() - start)
    warm, cold = ran[0]["ms"], took[1:]
    return {
        "warm, ms": {"min": min(warm), "median": np.median(warm), "n": len(warm)},
        "process, s": {"min": min(cold), "median": np.median(cold), "n": len(cold)},
        "peak memory, MiB": max(one["peak MiB"] for one in ran[1:]),
    }


if __name__ == "__main__":
    main()
