"""The evidence of lesson 10 on how much of a face an embedding gives away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from facecourse.lesson10_harm import inversion
from facecourse.lesson10_harm.inversion import Inversion, Victims
from sklearn.base import RegressorMixin
from sklearn.neural_network import MLPRegressor
from torch import Tensor

from facecourse.kit import evidence
from facelib.measure import similarity
from facelib.models import embed, face_embedding
from facelib.models.backbones import efficientnet_lite0
from facelib.synth import Factors, synth
from facelib.synth.people import pick_seed

HERE = Path(__file__).parent

PEOPLE, COUNT, LEARNT = 4000, 1000, 1000  # the attacker's, those attacked, those judges learn from
KNOWN, ENROLLED = (0, 50, 100, 200, 500), pick_seed("enrolled")
LEARNERS: Mapping[str, RegressorMixin] = {
    "linear": inversion.LINEAR,
    # Stops early, or it would learn his people by heart.
    "network": MLPRegressor(hidden_layer_sizes=(256,), tol=1.0, n_iter_no_change=5, random_state=0),
}
LOOKS: Mapping[str, Callable[[], inversion.Recogniser]] = {
    "pixels": lambda: inversion.grey_pixels,
    "EfficientNet-Lite0": lambda: partial(embed, efficientnet_lite0(6, 96), flip=False),
}


def choices(embeddings: Tensor, people: Factors) -> dict[str, float]:
    """[learner]: mean R^2 over factors on the last fifth of the attacker's people."""
    kept = len(people) * 4 // 5
    found = {}
    for name, learner in LEARNERS.items():
        model = Inversion(embeddings[:kept], people[:kept], learner)
        leaks = model.leaks(embeddings[kept:], people[kept:])
        found[name] = sum(leaks.values()) / len(leaks)
    return found


def doors(stored: dict[str, Tensor], other: dict[str, Tensor], faces: dict[str, Tensor]) -> dict:
    """[what is stored]: how often the network attacked lets in a photograph, a reconstruction of
    the one enrolled, and one of somebody else."""
    found = {}
    for name, enrolled in stored.items():
        shown = inversion.make_templates(faces[name])[name]
        probes = {"another photograph": other[name], "reconstruction": shown,
                  "somebody else's": shown.roll(1, 0)}  # fmt: skip
        found[name] = {
            kind: inversion.accepted_interval(probe, enrolled, other[name], inversion.DOOR)
            for kind, probe in probes.items()
        }
    return found


def rotated(
    attack: Inversion, stored: Tensor, some: Victims, judge: inversion.Recogniser
) -> dict[str, Any]:
    """How far a secret rotation helps: what it changes for its owner, and rank 1 by how many of the
    enrolled are known to the attacker by the photograph enrolled or by another one."""
    secret = inversion.draw_rotation(stored.shape[1])
    beside = inversion.render_victims(max(KNOWN), ENROLLED)
    enrolled, other = (embed(face_embedding(), photographs) for photographs in beside.usual)
    gallery = judge(some.careful[0])
    moved = similarity(stored, stored) - similarity(stored @ secret, stored @ secret)
    found: dict[str, Any] = {"cosines moved by": float(moved.abs().max())}
    for name, seen in {"the photograph enrolled": enrolled, "another photograph": other}.items():
        found[name] = {}
        for count in KNOWN:
            back = inversion.rotate_back(stored @ secret, (enrolled @ secret)[:count], seen[:count])
            faces = inversion.render_portraits(attack.people(back))
            found[name][str(count)] = inversion.rank1_interval(judge(faces), gallery)
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some eight minutes on one thread."""
    some = inversion.render_victims(COUNT)
    images, who = inversion.render_attackers(PEOPLE)
    seen, stored, other = map(inversion.make_templates, (images, *some.usual))
    attack = {name: Inversion(embeddings, who) for name, embeddings in seen.items()}
    faces = {name: inversion.render_portraits(attack[name].people(stored[name])) for name in attack}
    made = faces | {"the true numbers": inversion.render_portraits(some.people)}
    learn = synth(LEARNT, 4, seed=inversion.JUDGE)
    judges = {look: inversion.train_judge(see(), learn) for look, see in LOOKS.items()}
    whole = attack["128 numbers"], stored["128 numbers"]
    payload = {
        "seeds": [0],
        "people": PEOPLE,
        "victims": COUNT,
        "judges' people": LEARNT,
        "choices": choices(seen["128 numbers"], who),
        "judges": {look: inversion.reidentify(made, some, judges[look]) for look in judges},
        "doors": doors(stored, other, faces),
        "leaks": {name: attack[name].leaks(stored[name], some.people) for name in attack},
        "rotated": rotated(*whole, some, judges["pixels"]),
    }
    evidence.write("inversion", payload, folder)


if __name__ == "__main__":
    main()
