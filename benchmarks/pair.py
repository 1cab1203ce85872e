"""One comparison, timed without PyTorch (Linux): python -m benchmarks.pair A B MODEL TIMES"""

import json
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from facelib.door.align import align
from facelib.door.photo import read_photo


def main(one: str, other: str, model: str, times: str) -> None:
    """Compare and print."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with zipfile.ZipFile(model) as archive:
        content = archive.read("model.onnx")
    session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])

    def embed(file: str) -> np.ndarray:
        face = Image.fromarray(align(read_photo(Path(file)))[0].crop).convert("L")
        grey = np.float32(face.resize((64, 64), Image.Resampling.BILINEAR)) / 255
        ((code,),) = session.run(None, {session.get_inputs()[0].name: grey[None, None]})
        return code / np.linalg.norm(code)

    took = []
    for _ in range(int(times)):
        start = time.perf_counter()
        embed(one) @ embed(other)
        took.append(1000 * (time.perf_counter() - start))
    status = Path("/proc/self/status").read_text()  # getrusage would count the parent's, too
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"ms": took, "peak MiB": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
