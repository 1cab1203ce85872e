"""The evidence of lesson 11: what leaks, and who gets in."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from facecourse.kit import evidence, orl
from facecourse.kit.protocol import FAR, open_people, unseen_people
from facecourse.kit.verify import changed_rates, embed_at_64, verify_pairs
from facecourse.lesson11_privacy import experiment, recapture
from facecourse.lesson11_privacy.recapture import CAMERA
from facelib.measure import Interval, bootstrap_people
from facelib.models import embed, face_embedding
from facelib.models.backbones import efficientnet_lite0
from facelib.models.pretrained import face_compact
from facelib.synth import synth
from facelib.synth.people import pick_seed

HERE = Path(__file__).parent

SEEDS, EPOCHS, LOOKS = tuple(range(5)), 60, 64
PEOPLE, COUNT, LEARNT = 4000, 1000, 1000  # the attacker's, those attacked, those judges learn from
FOOLED, LIMITS = 60, (1, 2, 4, 8)  # pairs of people, and grey values
LEARNT_FROM = {  # by detectors, besides live faces as they are
    "prints": ("print",),
    "prints and screens": ("print", "screen"),
    "prints, live by that camera": (CAMERA, "print"),
    "all of them": (CAMERA, "print", "screen"),
}
TRIED = {  # live faces, and the attack
    "live: ORL's files, prints": ("live", "print"),
    "live: the prints' camera, prints": (CAMERA, "print"),
    "live: ORL's files, screens": ("live", "screen"),
}
APCERS = tuple(step / 100 for step in (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40, 60, 80))


def doors() -> tuple[dict[str, dict[str, Interval]], dict[str, Tensor]]:
    """[network][shown]: how often the attacked door accepts it; and the portraits made of each
    network's templates."""
    _, (enrolled, other, third) = experiment.render_victims(COUNT)
    found, made = {}, {}
    for name, model in {"teacher": face_embedding(), "compact": face_compact()}.items():
        ask = partial(embed, model, flip=False)
        at, stolen, again = experiment.choose_door_threshold(ask, COUNT), ask(enrolled), ask(other)
        made[name] = experiment.invert(model, stolen, PEOPLE)
        drawn = ask(made[name])
        found[name] = {
            shown: experiment.share_interval((one * two).sum(1) >= at)
            for shown, one, two in (
                ("another photograph", ask(third), again),
                ("drawn, its template", drawn, stolen),
                ("drawn, another photograph", drawn, again),
                ("drawn, somebody else's", drawn.roll(1, 0), stolen),
            )
        }
    return found, made


def judge(made: dict[str, Tensor]) -> dict[str, Interval]:
    """[shown]: rank 1 among all victims, by a judge that has never seen the attacked network."""
    people, (enrolled, other, _) = experiment.render_victims(COUNT)
    see = partial(embed, efficientnet_lite0(6, 96), flip=False)
    name = experiment.train_judge(see, synth(LEARNT, 4, seed=pick_seed("judge")))
    gallery, drawn = name(enrolled), {f"drawn, {n}": m for n, m in made.items()}
    shown = {"another photograph": other, "true numbers": experiment.render_portraits(people)}
    return {
        what: experiment.rank1_interval(name(images), gallery)
        for what, images in (shown | drawn).items()
    }


def members() -> dict[str, dict[str, list[float]]]:
    """[learnt from][attack]: AUC, one value a seed."""
    found: dict = {}
    for seed in tqdm(SEEDS, "members"):
        learnt, others = orl.split_at_32(5, seed)
        for name, augmented in (("as they are", False), ("augmented", True)):
            model = experiment.train_by_heart(augmented, learnt, seed, EPOCHS)
            for attack, looks in (("one look", 0), (f"{LOOKS} augmented looks", LOOKS)):
                auc = experiment.attack_members(model, learnt, others, looks)
                found.setdefault(name, {}).setdefault(attack, []).append(auc)
    return found


def presentation(people: int = 20) -> dict[str, Any]:
    """Whom the shipped embedding accepts, and what detectors say.

    Args:
        people: how many of s1 to s20, to learn from, and of s21 to s40, to be shown.

    Returns:
        "accepted" by kind of image, over people, at a threshold of the first people; the "FAR" of
        the others there; "DET" [who is tried][learnt from], with "BPCER20", over people, at the
        threshold where 5 % of these attacks pass.
    """
    learn, test = (some.of_people(list(range(people))) for some in (open_people(), unseen_people()))
    known, shown = recapture.make_kinds(learn.images, 0), recapture.make_kinds(test.images, 1)
    codes = {kind: embed_at_64(face_embedding(), images) for kind, images in shown.items()}
    chosen_on = embed_at_64(face_embedding(), learn.images)
    at, plain = verify_pairs(chosen_on, learn).threshold_at(FAR), codes["live"]
    found: dict = {
        "FAR": changed_rates(plain, plain, test, at)["FAR"],
        "accepted": {
            kind: bootstrap_people(
                recapture.share_accepted(code, plain, test.person, at), test.person
            )
            for kind, code in codes.items()
        },
        "DET": {title: {} for title in TRIED},
    }
    for name, learnt in LEARNT_FROM.items():
        live = [known[kind] for kind in ("live", *learnt) if kind.startswith("live")]
        attacks = [known[kind] for kind in learnt if kind in recapture.RECAPTURES]
        model = recapture.train_detector(torch.cat(live), torch.cat(attacks))
        scores = {kind: recapture.score_attacks(model, images) for kind, images in shown.items()}
        for title, (kind, attack) in TRIED.items():
            refused = [recapture.bpcer_at(scores[kind], scores[attack], a) for a in APCERS]
            found["DET"][title][name] = {
                "apcer": APCERS,
                "bpcer": [float(wrong.double().mean()) for wrong in refused],
                "BPCER20": bootstrap_people(refused[APCERS.index(0.05)], test.person),
            }
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some twelve minutes on one thread."""
    torch.manual_seed(0)
    found, made = doors()
    payload = {
        "seeds": SEEDS,
        "doors": found,
        "judge": judge(made),
        "members": members(),
        "presentation": presentation(),
        "fooled": experiment.fool_doors(face_embedding(), FOOLED, LIMITS),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
