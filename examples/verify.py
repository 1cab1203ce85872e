"""How alike are two faces? python examples/verify.py a.png b.png

All that it takes to use the network elsewhere: its file, onnxruntime and Pillow. The faces must be
cut alike, as `facelib verify A B --crops FOLDER` saves them.
"""

import sys
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

MODEL = Path(__file__).parents[1] / "facelib" / "models" / "weights" / "face_compact.onnx.zip"
network = onnxruntime.InferenceSession(zipfile.ZipFile(MODEL).read("model.onnx"))


def embed(file):
    grey = Image.open(file).convert("L").convert("F")
    face = np.rint(grey.resize((64, 64), Image.Resampling.BILINEAR))[None, None] / np.float32(255)
    code = sum(network.run(None, {"images": view})[0][0] for view in (face, face[..., ::-1]))
    return code / np.linalg.norm(code)


one, other = (embed(file) for file in sys.argv[1:])
print(f"cosine {one @ other:.4f}")
