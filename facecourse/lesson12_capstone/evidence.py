"""The evidence of lesson 12: what its recipes are worth, on people who were drawn for it alone."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.lesson12_capstone.experiment import RECIPES, try_recipe
from facelib.synth.people import pick_seed

HERE = Path(__file__).parent

PEOPLE, NUMBER = 5000, 0  # of the fresh people


def main(folder: Path = HERE) -> None:
    """Measure and store evidence.json, some four minutes."""
    seed, found = pick_seed("fresh", NUMBER), {}
    for name, recipe in tqdm(RECIPES.items(), "recipes"):
        network, bits = recipe()
        said = try_recipe({"network": network, "bits": bits}, PEOPLE, seed)
        found[name] = {key: getattr(said, key) for key in ("bytes", "faster", "lost", "worst")}
    evidence.write("evidence", {"seeds": [seed], "people": PEOPLE, "recipes": found}, folder)


if __name__ == "__main__":
    main()
