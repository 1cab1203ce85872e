"""Each rung of the ladder against the teacher: python -m facecourse.ladder.evidence FOLDER

FOLDER holds what `ladder.students` trained, a folder for each seed. Every network becomes an ONNX
file of 32 bits and zipped ones of 8 (`ship`), with weights of fewer bits where `BITS` says so, and
with new statistics of batch norm where it was not taught with these weights. What each has lost of
the teacher's verification is counted where it hurts: one pass a face for accuracy as for time, TAR
at a FAR of 0.1 and of 0.01 %, on 5,000 people who don't exist and on 5,000 others at whom nobody
looked while the ladder was built; beside it ORL and LFW, which `FACELIB_LFW` names. Times are of
one image on one thread, in turns with the teacher's file of 32 bits.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor, nn

from facecourse.kit import evidence, protocol
from facecourse.kit.orl import to_64
from facecourse.kit.scoreboard import Row
from facecourse.ladder.student import calibration_faces, round_after
from facecourse.ladder.timing import CALLS, call, resident_megabytes
from facelib.compress import export, ship
from facelib.data import lfw, resize, to_grey
from facelib.measure import (
    Interval,
    bootstrap_people,
    latency,
    latency_ratio,
    macs,
    paired_interval,
    parameters,
    ten_fold,
)
from facelib.measure.groups import ladder_faces, worst_group
from facelib.measure.tail import take_tail, tar_at_low_far, tar_lost
from facelib.models import embed, face_embedding, load
from facelib.models.faceresnet import SHAPE
from facelib.models.pretrained import WEIGHTS
from facelib.models.runtime import OnnxModel
from facelib.synth.people import pick_seed

HERE = Path(__file__).parent

PEOPLE = 5000  # who don't exist, to count lost points on
FARS = {"0.1 %": 1e-3, "0.01 %": 1e-4}
TURNS = 100  # for each ratio of times
TEACHER, LAST = "teacher", "rounded"
BITS = {TEACHER: (8,), "student": (8, 5), "pruned": (8,), LAST: (4,)}  # of weights in zipped files
# What one step gives, from which file to which, between networks trained for as many steps; but the
# teacher is read in one pass, and a student has learnt what it says in two.
STEPS = {
    "what the teacher says": ("rival", "student"), "size": (TEACHER, "longer"),
    "weights to start from": ("anew", "pruned"), "channels and rank": ("longer", "pruned"),
    "bits": ("pruned, 8 bits", f"{LAST}, 4 bits"),
}  # fmt: skip
ROWS = {  # of the scoreboard, and the lesson that makes it
    TEACHER: ("face embedding, synthetic people", "04"),
    "student": ("face student, taught", "06"), "rival": ("face student, by names", "06"),
    "half": ("face embedding, half pruned", "07"), "pruned": ("face student, pruned", "07"),
    "anew": ("the same as pruned, new weights", "07"),
    f"{LAST}, 4 bits": ("face compact, weights of four bits", "08"),
}  # fmt: skip
Runs = Sequence[Mapping[str, "File"]]  # of each seed, by name


class File(NamedTuple):
    """An ONNX file that runs, zipped or not, and how many bytes one would ship."""

    path: Path
    bytes: int


def write(models: Mapping[str, nn.Module], folder: Path, people: int = 128) -> dict[str, File]:
    """Each network's files, by its name and the bits of its weights."""
    faces, found = calibration_faces(people), {}
    for name, model in models.items():
        plain = export(model, folder / f"{name}.onnx", SHAPE)
        found[name] = File(plain.path, plain.bytes)
        for bits in BITS.get(name, ()):
            path = folder / f"{name}-{bits}.onnx.zip"
            if bits < 8 and name != LAST:  # which was taught while it was rounded
                model = round_after(model, bits)
            found[f"{name}, {bits} bits"] = File(path, ship(model, path, faces, bits))
    return found


def costs(files: Mapping[str, File]) -> dict[str, dict]:
    """Bytes, time and memory of each, and how many times smaller and faster than the teacher's.

    Smaller than the teacher's safetensors file, which is what one would ship.
    """
    sessions = {name: OnnxModel(file.path) for name, file in files.items()}
    whole, teacher, found = WEIGHTS.stat().st_size, call(sessions[TEACHER]), {}
    for name, model in sessions.items():
        found[name] = {
            "bytes": files[name].bytes, "times smaller": whole / files[name].bytes,
            "times faster": latency_ratio(teacher, call(model), pairs=TURNS, calls=CALLS),
            "milliseconds": latency(call(model), repeats=200).median_ms,
            "megabytes in memory": resident_megabytes(model.content),
        }  # fmt: skip
    return found


def embed_once(files: Mapping[str, File], images: Tensor) -> dict[str, Tensor]:
    """What each makes of these images, in one pass."""
    return {
        name: embed(OnnxModel(file.path, threads=2), images, flip=False)
        for name, file in files.items()
    }


class Said:
    """What each file said of faces in each run.

    Args:
        codes: of each run embeddings (N, D) by file.
        person: whom they show, int64 (N,).
    """

    def __init__(self, codes: Sequence[Mapping[str, Tensor]], person: Tensor) -> None:
        most = max(FARS.values())
        self.runs = [
            {name: take_tail(one, person, most) for name, one in run.items()} for run in codes
        ]

    def lost(self, first: str, name: str) -> dict[str, Interval | int]:
        """Points of TAR lost from one file to another, by FAR, and in how many runs: those that
        have both."""
        there = [run for run in self.runs if {first, name} <= set(run)]
        pairs = ([run[each] for run in there] for each in (first, name))
        found = zip(FARS, tar_lost(*pairs, list(FARS.values())), strict=True)
        return {**dict(found), "runs": len(there)}

    def tar(self, name: str) -> dict[str, Interval]:
        """By FAR, of the first run."""
        return dict(zip(FARS, tar_at_low_far(self.runs[0][name], list(FARS.values())), strict=True))


def verification(runs: Runs) -> dict[str, dict]:
    """What is left of the teacher's verification of people who don't exist.

    "lost": points of TAR, by file and FAR; "others": the same on other people, in the first run;
    "steps": what each of `STEPS` cost; "TAR" and "worst group", the share of genuine pairs rejected
    at 0.1 % in the group of skin reflectance served worst, of the first run.
    """
    faces, others = ladder_faces(PEOPLE), ladder_faces(PEOPLE, seed=pick_seed("last look"))
    codes = [embed_once(files, faces.images) for files in runs]
    said = Said(codes, faces.person)
    again = Said([embed_once(runs[0], others.images)], others.person)
    return {
        "lost": {name: said.lost(TEACHER, name) for name in runs[0]},
        "others": {name: again.lost(TEACHER, name) for name in runs[0]},
        "steps": {
            step: said.lost(*names) for step, names in STEPS.items() if set(names) <= set(runs[0])
        },
        "TAR": {name: said.tar(name) for name in runs[0]},
        "worst group": {
            name: worst_group(one, faces, FARS["0.1 %"]) for name, one in codes[0].items()
        },
    }


def on_orl(files: Mapping[str, File]) -> dict[str, dict]:
    """Metrics on s21 to s40, and the points of top-1 lost with one photo enrolled of each."""
    faces = protocol.unseen_people()
    codes = embed_once(files, to_64(faces.images))
    named = {name: protocol.named_rightly(one) for name, one in codes.items()}
    return {
        name: protocol.unseen_metrics(codes[name])
        | {"lost": bootstrap_people(100 * (named[TEACHER] - hits), faces.person)}
        for name, hits in named.items()
    }


def on_lfw(files: Mapping[str, File]) -> dict[str, dict]:
    """Ten-fold accuracy and TAR at a FAR of 0.1 % of all pairs, and the points of both lost."""
    faces, pairs, fold = lfw().of_pairs()
    _, person = faces.person.unique(return_inverse=True)
    codes = embed_once(files, resize(to_grey(faces.images), *SHAPE[1:]))
    said = Said([codes], person)
    tenfold = {
        name: ten_fold((one[pairs.left] * one[pairs.right]).sum(1), pairs.same, fold)
        for name, one in codes.items()
    }
    before = 100 * tenfold[TEACHER].accuracy
    return {
        name: {
            "accuracy": found.interval,
            "lost": paired_interval(before, 100 * found.accuracy, of="folds"),
            "TAR of all pairs": said.tar(name)["0.1 %"],
            "TAR of all pairs, lost": said.lost(TEACHER, name)["0.1 %"],
        }
        for name, found in tenfold.items()
    }


def rows(models: Mapping[str, nn.Module], files: Mapping[str, File]) -> list[Row]:
    """Of the scoreboard: each network and file that `ROWS` names, mirror images included as in
    every row."""
    faces, drawn = to_64(protocol.unseen_people().images), ladder_faces(PEOPLE)
    found = []
    for name in [name for name in ROWS if name in {*models, *files}]:
        model, costs = models.get(name), {}
        if model is None:  # a file that runs; what it was made from has its numbers
            whole, model = models[name.split(",")[0]], OnnxModel(files[name].path)
            costs = {"parameters": parameters(whole), "macs": macs(whole, SHAPE)}
            costs["bytes"] = files[name].bytes
        worst = worst_group(embed(model, drawn.images).cpu(), drawn, FARS["0.1 %"])
        found.append(protocol.measure_row(*ROWS[name], model, faces, worst_group=worst, **costs))
    return found


def main(trained: Path, folder: Path = HERE) -> None:
    """Measure every rung and store ladder.json, and the scoreboard's rows.

    Args:
        trained: a folder for each seed, with `*.safetensors`; the first has all.
        folder: where to store.
    """
    seeds = sorted(int(place.name) for place in trained.iterdir() if place.name.isdecimal())
    networks = [
        {TEACHER: face_embedding()}
        | {path.stem: load(path) for path in sorted((trained / str(seed)).glob("*.safetensors"))}
        for seed in seeds
    ]
    with tempfile.TemporaryDirectory() as place:
        runs = []
        for seed, models in zip(seeds, networks, strict=True):
            (Path(place) / str(seed)).mkdir()
            runs.append(write(models, Path(place) / str(seed)))
        photographs = on_lfw(runs[0])  # first: where LFW is missing, nothing was measured in vain
        payload = {
            "seeds": seeds,
            "networks": {
                name: {"parameters": parameters(model), "macs": macs(model, SHAPE)}
                for name, model in networks[0].items()
            },
            "costs": costs(runs[0]),
            **verification(runs),
            "ORL": on_orl(runs[0]),
            "LFW": photographs,
        }
        board = rows(networks[0], runs[0])
    evidence.write("ladder", payload, folder)
    protocol.put_rows(board)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m facecourse.ladder.evidence FOLDER")
    main(Path(sys.argv[1]))
