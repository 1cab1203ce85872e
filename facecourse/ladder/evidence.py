"""Each rung of the ladder against the teacher: python -m facecourse.ladder.evidence FOLDER

FOLDER holds what `ladder.students` trained. Every network becomes an ONNX file of 32 bits, one of
8, and a file to ship, of codes, from which another of 8 bits is made that runs. Each is measured
for what it has lost of the teacher's verification (TAR at 1 % FAR on 2,000 people who don't exist,
paired, and on 2,000 others); for the group that it serves worst; on ORL and, with `FACELIB_LFW`, on
LFW; for its bytes; and for its time: one image, one thread, in turns with the teacher's file, of
twenty calls and of one.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from torch import Tensor, nn

from facecourse.kit import evidence, protocol
from facecourse.kit.orl import to_64
from facecourse.kit.scoreboard import Row
from facecourse.ladder.student import calibration_faces
from facecourse.ladder.timing import call
from facelib.compress import export, quantize, ship, unship
from facelib.data import lfw, resize, to_grey
from facelib.measure import (
    Interval,
    bootstrap_people,
    latency_ratio,
    macs,
    paired_interval,
    parameters,
    ten_fold,
)
from facelib.measure.groups import ladder_faces, paired_tar_drop, tar_by_person, worst_group
from facelib.models import embed, face_embedding, load
from facelib.models.faceresnet import SHAPE
from facelib.models.pretrained import WEIGHTS
from facelib.models.runtime import OnnxModel
from facelib.synth.people import pick_seed

HERE = Path(__file__).parent

OTHERS = pick_seed("last look")
PEOPLE = 2000  # who don't exist, to count lost points on
PAIRS, CALLS = 100, 20  # timed turns for each ratio; calls a turn
STRICT = 1e-4  # a FAR
RIVALS = {"rival": "student", "scratch": "pruned"}  # the same shape, by names alone
TEACHER = "teacher"
ROWS = {  # of the scoreboard, and the lesson that makes it
    TEACHER: ("face embedding, synthetic people", "04"),
    "student": ("face student, taught", "06"), "rival": ("face student, by names", "06"),
    "half": ("face embedding, half pruned", "07"), "pruned": ("face student, pruned", "07"),
    "scratch": ("the same as pruned, from scratch", "07"),
}  # fmt: skip


class Rung(NamedTuple):
    """An ONNX file that runs, and how many bytes one would ship."""

    runs: Path
    bytes: int


def rungs(models: Mapping[str, nn.Module], folder: Path, people: int = 128) -> dict[str, Rung]:
    """Each network at 32 bits, at 8, and with codebooks, by its name and which of them."""
    faces, found = calibration_faces(people), {}
    for number, (name, model) in enumerate(models.items()):
        plain = export(model, folder / f"{number}.onnx", SHAPE)
        eight = quantize(plain.path, folder / f"{number}-int8.onnx", faces)
        codes, again = folder / f"{number}-codes", folder / f"{number}-codes.onnx"
        shipped = ship(model, codes, faces)
        unship(codes, again)
        found[name] = Rung(plain.path, plain.bytes)
        found[f"{name}, int8"] = Rung(eight.path, eight.bytes[1])
        found[f"{name}, codes"] = Rung(again, shipped)
    return found


def costs(steps: Mapping[str, Rung]) -> dict[str, dict]:
    """Bytes, and how many times smaller and faster than the teacher's.

    Smaller than the teacher's safetensors file, which is what one would ship.
    """
    sessions = {name: OnnxModel(step.runs) for name, step in steps.items()}
    whole, teacher, found = WEIGHTS.stat().st_size, call(sessions[TEACHER]), {}
    for name, model in sessions.items():
        size = steps[name].bytes
        found[name] = {
            "bytes": size, "times smaller": whole / size,
            "times faster": latency_ratio(teacher, call(model), pairs=PAIRS, calls=CALLS),
            "times faster, one call a turn": latency_ratio(teacher, call(model), pairs=PAIRS),
        }  # fmt: skip
    return found


def embedded(steps: Mapping[str, Rung], images: Tensor) -> dict[str, Tensor]:
    """What each rung makes of these images."""
    return {name: embed(OnnxModel(step.runs, threads=2), images) for name, step in steps.items()}


def naming_lost(before: Tensor, after: Tensor) -> Interval:
    """Points of top-1 lost on ORL's s21 to s40, one photo enrolled of each, paired over people."""
    lost = protocol.named_rightly(before) - protocol.named_rightly(after)
    return bootstrap_people(100 * lost, protocol.unseen_people().person)


def kept(steps: Mapping[str, Rung]) -> dict[str, dict[str, dict]]:
    """What is left of the teacher's verification, by the part of ladder.json it is stored in.

    "kept": of each rung on `people` who don't exist the points of TAR lost at 1 % FAR and at
    0.01 %, its TAR at the latter, and the share of genuine pairs it rejects in the group of skin
    reflectance it serves worst; on ORL's s21 to s40 its metrics, and the points lost.
    "others": the points lost on people on whom nothing was looked at while the ladder was built.
    "rivals": the points that a network of 32 bits lost of the one whose shape it has.
    """
    faces, others = ladder_faces(PEOPLE), ladder_faces(PEOPLE, seed=OTHERS)
    drawn, again = embedded(steps, faces.images), embedded(steps, others.images)
    real = embedded(steps, resize(protocol.unseen_people().images, *SHAPE[1:]))

    def lost(first: str, name: str) -> dict[str, Interval]:
        codes = drawn[first], drawn[name], faces.person
        return {
            "points lost": paired_tar_drop(*codes),
            "points lost, strict": paired_tar_drop(*codes, STRICT),
            "ORL, points lost": naming_lost(real[first], real[name]),
        }

    found = {
        name: lost(TEACHER, name)
        | {
            "TAR, strict": float(tar_by_person(drawn[name], faces.person, STRICT).mean()),
            "worst group": worst_group(drawn[name], faces),
            "ORL": protocol.unseen_metrics(real[name]),
        }
        for name in steps
    }
    rivals = {name: {"of": of} | lost(of, name) for name, of in RIVALS.items() if name in steps}
    once = {name: paired_tar_drop(again[TEACHER], again[name], others.person) for name in steps}
    return {"kept": found, "others": once, "rivals": rivals}


def on_lfw(steps: Mapping[str, Rung]) -> dict[str, dict]:
    """Ten-fold accuracy on LFW, and points lost against the teacher, paired over folds."""
    faces, (left, right, same), fold = lfw().of_pairs()
    images = resize(to_grey(faces.images), *SHAPE[1:])
    measured = {
        name: ten_fold((codes[left] * codes[right]).sum(1), same, fold)
        for name, codes in embedded(steps, images).items()
    }
    before = 100 * measured[TEACHER].accuracy
    return {
        name: {
            "accuracy": found.interval,
            "points lost": paired_interval(before, 100 * found.accuracy, of="folds"),
        }
        for name, found in measured.items()
    }


def rows(models: Mapping[str, nn.Module], found: Mapping[str, dict]) -> list[Row]:
    """Of the scoreboard: each network that `ROWS` names, with what `kept` found of it."""
    faces = to_64(protocol.unseen_people().images)
    return [
        protocol.measure_row(*ROWS[name], model, faces, worst_group=found[name]["worst group"])
        for name, model in models.items()
        if name in ROWS
    ]


def main(networks: Path, folder: Path = HERE) -> None:
    """Measure every rung and store ladder.json, and the scoreboard's rows.

    Args:
        networks: the folder of the trained ones, `*.safetensors`.
        folder: where to store.
    """
    models = {TEACHER: face_embedding()}
    models |= {path.stem: load(path) for path in sorted(networks.glob("*.safetensors"))}
    with tempfile.TemporaryDirectory() as place:
        steps = rungs(models, Path(place))
        payload = {
            "seeds": [0],
            "networks": {
                name: {"parameters": parameters(model), "macs": macs(model, SHAPE)}
                for name, model in models.items()
            },
            "costs": costs(steps),
            **kept(steps),
            "LFW": on_lfw(steps),
        }
    evidence.write("ladder", payload, folder)
    protocol.put_rows(rows(models, payload["kept"]))


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m facecourse.ladder.evidence FOLDER")
    main(Path(sys.argv[1]))
