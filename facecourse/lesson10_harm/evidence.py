"""The evidence of lesson 10 on robustness and fairness: what goes wrong, and for whom.

That of its other parts: harm_evidence.py and inversion_evidence.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.ladder.student import prune_student, train_further
from facecourse.lesson10_harm import fairness, variation
from facelib.measure import bootstrap_people
from facelib.measure.groups import group_errors, group_thresholds, ladder_faces, tar_by_person
from facelib.models import embed, face_embedding, face_student

HERE = Path(__file__).parent

SEEDS, FEW = tuple(range(10)), tuple(range(5))
TEACHER = "teacher"
PEOPLE, SWEPT = 2000, 500  # who don't exist, to count errors of groups and of sweeps on
CHOSEN_ON = 1000  # others, for thresholds
CALIBRATED_ON = 128  # others, whose faces set the scales of 8 bits
STEPS, EPOCHS = 400, 60  # of training on after pruning; of training by photographs


def networks() -> dict[str, nn.Module]:
    """Teacher, student, and the student with half of its MACs pruned, each at 32 and at 8 bits."""
    pruned = train_further(prune_student(0.5), steps=STEPS)
    whole = {TEACHER: face_embedding(), "student": face_student(), "pruned": pruned}
    found: dict[str, nn.Module] = {}
    for name, model in whole.items():
        found |= {name: model, f"{name}, int8": fairness.quantize_network(model, CALIBRATED_ON)}
    return found


def groups(models: Mapping[str, nn.Module]) -> dict[str, dict]:
    """What becomes of groups, by the part of the evidence it is stored in.

    "groups": [network][group], FMR and FNMR at one threshold for everybody.
    "changes": [network], points of FNMR more than the teacher's, one interval a group.
    "thresholds": the teacher at one threshold for everybody and at one for each group.
    All thresholds were chosen on other people.
    """
    faces, others = ladder_faces(PEOPLE), fairness.load_others(CHOSEN_ON)
    of_person = faces.group[torch.searchsorted(faces.person, torch.arange(faces.people))]
    found, changes, rejected = {}, {}, {}
    for name, model in tqdm(models.items(), "groups"):
        at = fairness.choose_group_threshold(model, CHOSEN_ON)
        codes = embed(model, faces.images).cpu()
        found[name] = group_errors(codes, faces, at)
        rejected[name] = 100 * (1 - tar_by_person(codes, faces.person, at))
        more = rejected[name] - rejected[TEACHER]
        parts = (more[of_person == group] for group in range(len(fairness.GROUPS)))
        changes[name] = [bootstrap_people(part, torch.arange(len(part))) for part in parts]
        if name == TEACHER:
            each = group_thresholds(embed(model, others.images).cpu(), others, fairness.FAR)
            thresholds = {
                "one": {"at": [at] * len(each), "errors": found[name]},
                "each": {"at": list(each.values()), "errors": group_errors(codes, faces, each)},
            }
    return {"groups": found, "changes": changes, "thresholds": thresholds}


def sources() -> dict[str, dict[str, list[list[float]]]]:
    """[whom a small network learnt from]: FMR and FNMR of each group, one list a seed."""
    faces, found = ladder_faces(PEOPLE), {}
    for source in tqdm(fairness.SOURCES, "sources"):
        runs = found.setdefault(source, {"fmr": [], "fnmr": []})
        for seed in FEW:
            model = fairness.train_on_source(source, seed, fairness.STEPS)
            at = fairness.choose_group_threshold(model, CHOSEN_ON, fairness.FAR_SMALL)
            errors = group_errors(embed(model, faces.images).cpu(), faces, at).values()
            runs["fmr"].append([one.fmr.value for one in errors])
            runs["fnmr"].append([one.fnmr.value for one in errors])
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, about forty minutes on one thread."""
    torch.manual_seed(0)
    models = networks()
    plain = {name: model for name, model in models.items() if "int8" not in name}
    at = {name: variation.choose_threshold(model, CHOSEN_ON) for name, model in models.items()}
    payload = {
        "seeds": SEEDS,
        "few": FEW,
        "sweeps": variation.sweep_rendered(models, SWEPT, at),
        "sweeps, ORL": {name: variation.sweep_orl(plain[name]) for name in tqdm(plain)},
        "cures": {
            cure: [variation.measure_cure(cure, seed, EPOCHS) for seed in SEEDS]
            for cure in tqdm(variation.CURES, "cures")
        },
        **groups(models),
        "sources": sources(),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
