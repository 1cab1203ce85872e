"""Every step at once: python -m facecourse.lesson08_quantization.dial

Teacher and student, pruned, of low rank and rounded in every combination; none of these networks
was taught after its cuts, only its batch norm knows new means. Beside them stand the two files that
ship and were taught. Each becomes a zipped ONNX file and is judged as the ladder's rungs are.
"""

import tempfile
from dataclasses import asdict
from itertools import product
from pathlib import Path

from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.ladder.evidence import FARS
from facecourse.ladder.student import calibration_faces, embed_tail, renew_statistics
from facecourse.ladder.timing import CALLS, call
from facelib.compress import decode, factorize, prune, round_weights, ship
from facelib.compress.export import to_onnx
from facelib.compress.ship import pack
from facelib.measure import latency, latency_ratio, macs, parameters
from facelib.measure.groups import ladder_faces
from facelib.measure.tail import Tail, tar_at_low_far, tar_lost
from facelib.models import face_embedding, face_pruned, face_student, pretrained
from facelib.models.faceresnet import SHAPE
from facelib.models.runtime import OnnxModel

HERE = Path(__file__).parent

PEOPLE, TURNS = 2000, 20
WIDTHS = {"teacher": face_embedding, "student": face_student}
PRUNED, RANKS, BITS = (0.0, 0.25, 0.5, 0.75), (128, 48, 24), (32, 8, 5, 4)


def cut(width: str, pruned: float, rank: int, bits: int = 32) -> nn.Module:
    """A shipped network with a share of its MACs pruned, its linear layer of low rank and its
    weights on so many bits, with new statistics of batch norm and no training."""
    whole = model = WIDTHS[width]()
    if pruned:
        model, _ = prune(model, pruned, SHAPE)
    if rank < max(RANKS):
        model, _ = factorize(model, {"embedding.1": rank})
    if bits < 8:
        model = decode(round_weights(model, bits))
    return model if model is whole else renew_statistics(model)


class Judge:
    """Measures files beside the teacher's own: 32 bits, one pass a face, the ladder's people."""

    def __init__(self) -> None:
        self.faces = ladder_faces(PEOPLE)
        teacher = OnnxModel(to_onnx(face_embedding(), SHAPE)[0])
        self.call, self.tail = call(teacher), self.look(teacher)

    def look(self, model: nn.Module) -> Tail:
        return embed_tail(model, self.faces, max(FARS.values()))

    def measure(self, path: Path) -> dict[str, object]:
        """How many times faster a file is, points of TAR lost by FAR, and its bytes."""
        model = OnnxModel(path)
        faster = latency_ratio(self.call, call(model), pairs=TURNS, calls=CALLS)
        lost = tar_lost([self.tail], [self.look(model)], list(FARS.values()))
        found = {"times faster": faster.value} | dict(zip(FARS, map(asdict, lost), strict=True))
        return found | {"bytes": path.stat().st_size}


def measure_cut(width: str, pruned: float, rank: int, bits: int, judge: Judge) -> dict:
    """One network in a zipped ONNX file: of 32 bits as it is, else of 8."""
    model = cut(width, pruned, rank, bits)
    settings = {"width": width, "pruned": pruned, "rank": rank, "bits": bits}
    counts = {"parameters": parameters(model), "macs": macs(model, SHAPE)}
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "model.onnx.zip"
        if bits == 32:
            path.write_bytes(pack(to_onnx(model, SHAPE)[0]))
        else:
            ship(model, path, calibration_faces())
        return settings | counts | judge.measure(path)


def measure_taught(judge: Judge) -> dict[str, dict]:
    """The shipped files that were taught after their cuts, measured as the others are."""
    with tempfile.TemporaryDirectory() as place:
        pruned = Path(place) / "model.onnx.zip"
        ship(face_pruned(), pruned, calibration_faces())
        files = {"pruned, 8 bits": pruned, "rounded, 4 bits": pretrained.COMPACT}
        return {name: judge.measure(path) for name, path in files.items()}


def main(folder: Path = HERE) -> None:
    """Measure and store dial.json, some fifteen minutes on one core."""
    judge, networks = Judge(), tqdm(list(product(WIDTHS, PRUNED, RANKS, BITS)), "networks")
    payload = {
        "people": PEOPLE,
        "teacher": dict(zip(FARS, tar_at_low_far(judge.tail, list(FARS.values())), strict=True))
        | {"milliseconds": latency(judge.call, repeats=200).low_ms},
        "rows": [measure_cut(*network, judge) for network in networks],
        "taught": measure_taught(judge),
    }
    evidence.write("dial", payload, folder)


if __name__ == "__main__":
    main()
