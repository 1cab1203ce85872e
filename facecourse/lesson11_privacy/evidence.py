"""The evidence of lesson 11: what leaks, and who gets in."""

from functools import partial
from pathlib import Path
from typing import Any

import torch

from facecourse.kit import evidence
from facecourse.kit.protocol import FAR, open_people, unseen_people
from facecourse.kit.verify import changed_rates, embed_at_64, verify_pairs
from facecourse.lesson11_privacy import experiment, recapture
from facecourse.lesson11_privacy.recapture import CAMERA
from facelib.measure import Interval, bootstrap_people
from facelib.models import embed, face_embedding
from facelib.models.pretrained import face_compact

HERE = Path(__file__).parent

PEOPLE, COUNT = 4000, 1000  # the attacker's, and those attacked
FOOLED, LIMITS = 60, (1, 2, 4, 8)  # pairs of people, and grey values
APCER = 0.05
TRIED = {  # live faces, and the attack
    "live: ORL's files; attacks: prints": ("live", "print"),
    "live: by that camera; attacks: prints": (CAMERA, "print"),
    "live: ORL's files; attacks: screens": ("live", "screen"),
}


def doors() -> dict[str, dict[str, Interval]]:
    """[network][shown]: how often the attacked door accepts it."""
    _, (enrolled, other, third) = experiment.render_victims(COUNT)
    found = {}
    for name, model in {"teacher": face_embedding(), "compact": face_compact()}.items():
        ask = partial(embed, model, flip=False)
        at, stolen, again = experiment.choose_door_threshold(ask, COUNT), ask(enrolled), ask(other)
        drawn = ask(experiment.invert(model, stolen, PEOPLE))
        found[name] = {
            shown: experiment.share_interval((one * two).sum(1) >= at)
            for shown, one, two in (
                ("the victim in person", ask(third), again),
                ("drawn, its template", drawn, stolen),
                ("drawn, another photograph", drawn, again),
                ("drawn, somebody else's", drawn.roll(1, 0), stolen),
            )
        }
    return found


def presentation(people: int = 20) -> dict[str, Any]:
    """Whom the shipped embedding accepts, and whom a detector that learnt prints refuses.

    Args:
        people: how many of s1 to s20, to learn from, and of s21 to s40, to be shown.

    Returns:
        "accepted" by kind of image, over people, at a threshold of the first people; the "FAR" of
        the others there; "BPCER" [who is tried], over people, at the threshold where 5 % of these
        attacks pass.
    """
    learn, test = (some.of_people(list(range(people))) for some in (open_people(), unseen_people()))
    known, shown = recapture.make_kinds(learn.images, 0), recapture.make_kinds(test.images, 1)
    codes = {kind: embed_at_64(face_embedding(), images) for kind, images in shown.items()}
    chosen_on = embed_at_64(face_embedding(), learn.images)
    at, plain = verify_pairs(chosen_on, learn).threshold_at(FAR), codes["live"]
    detector = recapture.train_detector(known["live"], known["print"])
    scores = {kind: recapture.score_attacks(detector, images) for kind, images in shown.items()}
    return {
        "FAR": changed_rates(plain, plain, test, at)["FAR"],
        "accepted": {
            kind: bootstrap_people(
                recapture.share_accepted(code, plain, test.person, at), test.person
            )
            for kind, code in codes.items()
        },
        "BPCER": {
            tried: bootstrap_people(
                recapture.bpcer_at(scores[kind], scores[attack], APCER), test.person
            )
            for tried, (kind, attack) in TRIED.items()
        },
    }


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some ten minutes on one thread."""
    torch.manual_seed(0)
    payload = {
        "doors": doors(),
        "presentation": presentation(),
        "fooled": experiment.fool_doors(face_embedding(), FOOLED, LIMITS),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
