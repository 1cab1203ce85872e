"""From photographs to tensors, many at a time."""

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm.auto import tqdm

from facelib.threads import choose_threads

BATCH = 64  # photographs decoded ahead of the one being stored


def to_tensor(image: Image.Image | np.ndarray) -> Tensor:
    """An RGB image, or uint8 (H, W, 3), as uint8 (3, H, W)."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()


def decode(
    files: Sequence[Path], make: Callable[[Path], Tensor], quiet: bool = False
) -> Iterator[Tensor | str]:
    """Of each file what `make` makes of it, or the reason in its ValueError; a few ahead."""

    def result(file: Path) -> Tensor | str:
        try:
            return make(file)
        except ValueError as error:
            return str(error)

    bar = tqdm(total=len(files), unit="photo", disable=quiet)
    # Pillow lets go of the interpreter's lock while it decodes, so threads help.
    with ThreadPoolExecutor(choose_threads() or min(8, os.cpu_count() or 1)) as pool, bar:
        for start in range(0, len(files), BATCH):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # oddities in photographs that decode all the same
                results = list(pool.map(result, files[start : start + BATCH]))
            yield from results
            bar.update(len(results))
