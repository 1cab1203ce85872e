"""The evidence of lesson 09 on a face read row by row, against one seen whole."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from facecourse.kit import evidence, orl
from facecourse.lesson09_recurrent import clips as sequences

HERE = Path(__file__).parent

SEEDS, CHOICES = tuple(range(10)), tuple(range(100, 103))
EPOCHS = 60
RATES = (5e-4, 1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2, 3.2e-2)


def choices() -> dict[str, dict[str, list[float]]]:
    """[network][rate]: top-1 on s1 to s20 from two photographs of each."""
    found: dict[str, dict[str, list[float]]] = {}
    for seed in tqdm(CHOICES, "choices"):
        train, test = orl.split_photos(2, seed, chosen_on=True)
        for name in sequences.CLASSIFIERS:
            for rate in RATES:
                model = sequences.train_row_classifier(name, train, seed, EPOCHS, rate)
                runs = found.setdefault(name, {}).setdefault(f"{rate:g}", [])
                runs.append(orl.top1(model, test))
    return found


def rows() -> dict[str, dict[str, list[list[float]]]]:
    """[photographs][network]: of each split, of each of s21 to s40 the share named rightly."""
    found: dict[str, dict[str, list]] = {}
    for photos in orl.PHOTOS:
        for seed in tqdm(SEEDS, f"{photos} photographs"):
            train, test = orl.split_photos(photos, seed)
            for name in sequences.CLASSIFIERS:
                model = sequences.train_row_classifier(name, train, seed, EPOCHS)
                runs = found.setdefault(str(photos), {}).setdefault(name, [])
                runs.append(orl.top1_per_person(model, test))
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some twenty minutes on one thread."""
    evidence.write("rows", {"seeds": SEEDS, "choices": choices(), "rows": rows()}, folder)


if __name__ == "__main__":
    main()
