"""The evidence of lesson 10: where rungs break, what cures, and errors of groups."""

from collections.abc import Mapping
from pathlib import Path

from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.lesson10_robustness import experiment
from facelib.measure import verify_all
from facelib.measure.groups import ladder_faces
from facelib.models import face_embedding, face_student
from facelib.models.pretrained import face_compact, face_pruned

HERE = Path(__file__).parent

SEEDS, EPOCHS = tuple(range(5)), 60  # of small networks
PEOPLE, SWEPT, PAINTED = 2000, 500, 600  # who don't exist: in groups, in sweeps, given a skin
CHOSEN_ON = 1000  # others, for thresholds
SKIN_CHANGES = {"only the skin": False, "hair, eyes and shape along with it": True}


def load_rungs() -> dict[str, nn.Module]:
    """The rungs that come with the course."""
    return {
        "teacher": face_embedding(),
        "student": face_student(),
        "pruned": face_pruned(),
        "compact": face_compact(),
    }


def groups(rungs: Mapping[str, nn.Module], at: Mapping[str, float]) -> dict[str, dict]:
    """ "groups": [network][group], FMR and FNMR at each network's one threshold; "changes":
    [network][group], by how much they are above the teacher's, paired over people."""
    faces = ladder_faces(PEOPLE)
    found, changes = {}, {}
    teacher = experiment.read_faces(rungs["teacher"], faces.images)
    for name, model in tqdm(rungs.items(), "groups"):
        codes = experiment.read_faces(model, faces.images)
        found[name] = experiment.measure_groups(codes, faces, at[name])
        if name != "teacher":
            pair = (codes, at[name]), (teacher, at["teacher"])
            changes[name] = experiment.compare_groups(*pair, faces)
    return {"groups": found, "changes": changes}


def skin(model: nn.Module, at: float) -> dict[str, dict]:
    """FMR of the same people by skin, and the darkest rendering's above the lightest's, by what
    changes with the skin."""
    found = {
        name: experiment.vary_skin(model, at, PAINTED, coupled)
        for name, coupled in SKIN_CHANGES.items()
    }
    parts = zip(("FMR", "change"), zip(*found.values(), strict=True), strict=True)
    return {part: dict(zip(found, values, strict=True)) for part, values in parts}


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some ten minutes on one thread."""
    rungs, others = load_rungs(), experiment.take_choosers(CHOSEN_ON)
    good = {
        name: experiment.choose_good_threshold(model, CHOSEN_ON) for name, model in rungs.items()
    }
    usual = {
        name: verify_all(experiment.read_faces(model, others.images), others.person).threshold_at(
            experiment.FAR
        )
        for name, model in rungs.items()
    }
    payload = {
        "seeds": SEEDS,
        "sweeps": experiment.sweep_factors(rungs, good, SWEPT),
        "ORL": {name: experiment.sweep_orl(rungs[name]) for name in ("teacher", "compact")},
        "cures": {
            cure: [experiment.train_cure(cure, seed, EPOCHS) for seed in SEEDS]
            for cure in tqdm(experiment.CURES, "cures")
        },
        **groups(rungs, usual),
        "skin": skin(rungs["teacher"], usual["teacher"]),
        "detected": dict(zip(("found", "change"), experiment.detect_skin(PAINTED), strict=True)),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
