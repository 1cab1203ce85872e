"""One comparison, timed without PyTorch (Linux): python -m benchmarks.pair A B TIMES"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from facelib.door.align import align
from facelib.door.photo import read_photo
from facelib.door.recogniser import Recogniser


def main(one: str, other: str, times: str) -> None:
    """Compare by the network that ships, and print."""
    recogniser, took = Recogniser(), []
    for _ in range(int(times)):
        start = time.perf_counter()
        crops = [align(read_photo(Path(file)))[0].crop for file in (one, other)]
        np.dot(*recogniser.embed(np.stack(crops)))
        took.append(1000 * (time.perf_counter() - start))
    status = Path("/proc/self/status").read_text()  # getrusage would count the parent's, too
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"ms": took, "peak MiB": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
