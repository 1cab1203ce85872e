"""Build the web page that compares two faces: `python tools/build_page.py` (needs npm).

Everything it needs lies in one folder afterwards, which any host of static files can serve.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from importlib import metadata
from pathlib import Path

import torch
from export_mtcnn import export
from npm import PACKAGES, WEB, begin
from PIL import Image

from facelib import synth
from facelib.door import align, mtcnn, recogniser, session, thresholds

RUNTIME = {  # of onnxruntime-web: the smallest build, one thread, no GPU
    "ort.wasm.bundle.min.mjs": "onnxruntime.js",
    "ort-wasm-simd-threaded.wasm": "onnxruntime.wasm",
}
RATES = 0.1, 0.01, 0.001
NOTICES = {  # that go with copies: package, its file, our name
    ("onnxruntime", "onnxruntime/LICENSE"): "onnxruntime.txt",
    ("onnxruntime", "onnxruntime/ThirdPartyNotices.txt"): "onnxruntime_third_parties.txt",
}


def build(out: Path, detector: bool = False) -> None:
    """Write the whole page into a folder, in place of an older one.

    With the detector the page finds eyes by itself; without, a visitor clicks them.
    """
    begin(out, "onnxruntime.wasm")
    shutil.copytree(WEB / "src", out)
    for name, new in RUNTIME.items():
        shutil.copy(PACKAGES / "onnxruntime-web" / "dist" / name, out / new)
    (out / "licences").mkdir()
    for (package, file), new in NOTICES.items():
        notice = metadata.distribution(package).locate_file(file)
        shutil.copy(str(notice), out / "licences" / new)
    content, _ = session.read(recogniser.COMPACT)
    (out / "model.onnx").write_bytes(content)
    if detector:
        add_detector(out)
    else:
        page = out / "index.html"
        words = re.compile("<span data-detector>.*?</span>", re.DOTALL)
        page.write_text(words.sub("", page.read_text("utf-8")), "utf-8")
    settings = gather_settings() | {"detector": detector}
    (out / "settings.json").write_text(json.dumps(settings), "utf-8")
    draw_examples(out / "examples")
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    print(f"{out}: {size / 1e6:.1f} MB; look at it with `facelib demo`")


def add_detector(out: Path) -> None:
    """MTCNN's networks and licence, which says nothing of the photographs they were learnt from."""
    (out / "mtcnn").mkdir()
    for name in ("propose", "refine", "locate"):
        (out / "mtcnn" / f"{name}.onnx").write_bytes(export(getattr(mtcnn, name.upper())))
    notice = metadata.distribution("mtcnn").locate_file("mtcnn-1.0.0.dist-info/LICENSE")
    shutil.copy(str(notice), out / "licences" / "mtcnn.txt")


def gather_settings() -> dict:
    """What the page must know of the library: where a cut has a face, and the thresholds."""
    model = recogniser.Recogniser().sha256
    known = [thresholds.look_up(model, far)._asdict() for far in RATES]
    places = {"size": 112, "points": align.POINTS.tolist()}
    return {"model": model, "align": places, "thresholds": known}


def draw_examples(folder: Path) -> None:
    """Two pictures of somebody and one of somebody else, none of whom exists."""
    folder.mkdir()
    aligned = {"scale": 1.25, "shift_x": 0.0, "shift_y": 0.0, "roll": 0.0}
    seen = {"yaw": (-20.0, 20.0), "ambient": (0.45, 0.7)}
    images = torch.tensor([2, 1])
    faces = synth.synth(2, images, seed=2, size=112, channels=3, **aligned, **seen)
    for name, image in zip(("one", "one-again", "another"), faces.images, strict=True):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(folder / f"{name}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=WEB / "dist", help="folder to write")
    parser.add_argument(
        "--mtcnn", action="store_true",
        help="find eyes by MTCNN, whose weights were learnt from WIDER FACE and CelebA, which are "
        "for research only: for yourself, not to be hosted",
    )  # fmt: skip
    arguments = parser.parse_args()
    build(arguments.out, arguments.mtcnn)
