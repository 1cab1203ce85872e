"""What other tools make of the ladder's networks: python -m benchmarks.peers FOLDER

Needs `pip install nncf openvino`. FOLDER holds what `ladder.students` trained. The teacher and the
ladder's pruned network go through onnxruntime's quantizer as it comes and through NNCF, which
openvino runs; the ladder's own files stand beside them. Every file is zipped before it is weighed.
One image, one thread, in turns of twenty with the teacher's file of 32 bits in onnxruntime.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks import RESULTS
from facecourse.kit import evidence
from facecourse.ladder.evidence import FARS, PEOPLE, TEACHER, TURNS, File, write
from facecourse.ladder.student import calibration_faces
from facecourse.ladder.timing import CALLS, call
from facelib.compress.ship import pack
from facelib.measure import latency_ratio
from facelib.measure.groups import ladder_faces
from facelib.measure.tail import Tail, take_tail, tar_lost
from facelib.models import embed, face_embedding, load
from facelib.models.faceresnet import SHAPE
from facelib.models.pretrained import WEIGHTS
from facelib.models.runtime import OnnxModel

HALF, RAGGED, SMALL = "half", "ragged", "pruned"
TOOLS = ("torch-pruning", "onnxruntime", "nncf", "openvino")


class Openvino(nn.Module):
    """An openvino model on one thread, to be used like any model."""

    def __init__(self, model: object) -> None:
        super().__init__()
        import openvino

        self.run = openvino.Core().compile_model(
            model,
            "CPU",
            {
                "INFERENCE_NUM_THREADS": 1,
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_PRECISION_HINT": "f32",
            },  # else bfloat16 where it is fast
        )

    def embed(self, images: Tensor) -> Tensor:
        return torch.from_numpy(self.run([images.numpy()])[0])

    def once(self) -> Callable[[], object]:
        """One image, without the way from torch and back."""
        image = np.random.default_rng(0).random((1, *SHAPE), np.float32)
        request = self.run.create_infer_request()
        return lambda: request.infer([image])


def zipped(path: Path) -> int:
    """How many bytes a file takes once it is zipped, as ours are."""
    return len(pack(path.read_bytes()))


def by_onnxruntime(plain: Path, path: Path, images: Tensor) -> Path:
    """Its quantizer with its own settings."""
    from onnxruntime import quantization

    batches = iter([{"images": (images.float() / 255).numpy()}])
    reader = SimpleNamespace(get_next=lambda: next(batches, None))
    quantization.quantize_static(plain, path, reader)
    return path


def by_nncf(plain: Path, path: Path, images: Tensor) -> tuple[Openvino, int]:
    """NNCF's post-training quantization with its own settings; and its bytes."""
    import nncf
    import openvino

    batches = [part.float().numpy() / np.float32(255) for part in images.split(1)]
    model = nncf.quantize(openvino.Core().read_model(plain), nncf.Dataset(batches))
    openvino.save_model(model, path)
    return Openvino(model), sum(zipped(path.with_suffix(kind)) for kind in (".xml", ".bin"))


def compare(networks: Mapping[str, nn.Module]) -> dict[str, dict]:
    """[network and tool]: bytes, times smaller and faster, and points lost of the teacher's."""
    import openvino

    faces, images, rows = ladder_faces(PEOPLE), calibration_faces(), {}
    fars = list(FARS.values())

    def judge(model: nn.Module) -> Tail:
        return take_tail(embed(model, faces.images, flip=False), faces.person, max(fars))

    before = judge(networks[TEACHER])
    with tempfile.TemporaryDirectory() as place:
        files = write(networks, Path(place))
        timed = call(OnnxModel(files[TEACHER].path))

        def note(name: str, model: nn.Module, once: Callable[[], object], size: int) -> None:
            rows[name] = {
                "bytes": size,
                "times smaller": WEIGHTS.stat().st_size / size,
                "times faster": latency_ratio(timed, once, pairs=TURNS, calls=CALLS),
                **dict(zip(FARS, tar_lost([before], [judge(model)], fars), strict=True)),
            }

        def note_file(name: str, file: File) -> None:
            model = OnnxModel(file.path)
            ours = file.path.suffix == ".zip"
            note(name, model, call(model), file.bytes if ours else zipped(file.path))

        note_file(f"{TEACHER}, half pruned, widths in steps of 16", files[HALF])
        note_file(f"{TEACHER}, half pruned, widths as they come", files[RAGGED])
        for name in (TEACHER, SMALL):
            plain = files[name].path
            note_file(f"{name}, 32 bits, onnxruntime", files[name])
            runs = Openvino(openvino.Core().read_model(plain))
            note(f"{name}, 32 bits, openvino", runs, runs.once(), zipped(plain))
            note_file(f"{name}, 8 bits, facelib", files[f"{name}, 8 bits"])
            eight = by_onnxruntime(plain, Path(place) / f"{name}-ort.onnx", images)
            note_file(f"{name}, 8 bits, onnxruntime alone", File(eight, zipped(eight)))
            model, size = by_nncf(plain, Path(place) / f"{name}.xml", images)
            note(f"{name}, 8 bits, nncf and openvino", model, model.once(), size)
    return rows


def main(trained: Path, folder: Path = RESULTS) -> None:
    """Measure all of it, of the networks in the folder `trained`, and store peers.json."""
    networks = {TEACHER: face_embedding()}
    networks |= {
        name: load(trained / "0" / f"{name}.safetensors") for name in (HALF, RAGGED, SMALL)
    }
    versions = {tool: version(tool) for tool in TOOLS}
    payload = {"seeds": [0], "tools": versions, "rows": compare(networks)}
    evidence.write("peers", payload, folder)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m benchmarks.peers FOLDER")
    main(Path(sys.argv[1]))
