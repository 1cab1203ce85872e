"""Lesson 10: an embedding turned back into a face.

Somebody has got a table of embeddings, the templates of those enrolled, and can run the recogniser
on any picture. He has no photograph of these people and no gradient of the network, but a generator
of such faces, here the very one that made theirs: the most favourable case for him, so this shows
what an embedding holds, and not how easily those of real people are turned back. He learns to tell
his own people's numbers from their embeddings (as Mai et al. 2019 learn to paint,
https://doi.org/10.1109/TPAMI.2018.2827389); judges who don't use that network say who is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group
from sklearn.base import RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from facelib.data import FaceSet
from facelib.measure import Interval, Verification, share_interval, similarity
from facelib.models import embed, face_embedding, face_student
from facelib.models.classical import grey_values
from facelib.synth import IDENTITY, NUISANCE, Factors, identities, nuisances, render, synth
from facelib.synth.people import pick_seed

# Seeds of people: the attacker's, those judges learn from, those attacked.
ATTACKER, JUDGE, VICTIMS = pick_seed("attacker"), pick_seed("judge"), pick_seed("victims")
FAR, DOOR = 0.01, 0.001  # of a judge; of the network attacked, where it guards a door
COMPONENTS = 150  # of what a judge sees, chosen on people of yet another seed
LINEAR = Ridge(10.0)  # a network did no better on the attacker's people (evidence's "choices")
# As for a passport: what judges compare with. And at rest, in even light, before an even grey.
PASSPORT = {
    "yaw": (-6.0, 6.0), "pitch": (-4.0, 4.0), "roll": (-3.0, 3.0), "azimuth": (-20.0, 20.0),
    "ambient": (0.7, 0.9), "smile": (-0.2, 0.2), "mouth_open": 0.0, "blink": 0.0, "hat": 0.0,
}  # fmt: skip
PORTRAIT = {name: max(row.low, 0.0) for name, row in NUISANCE.items()} | {
    "scale": 1.25, "distance": 1.0, "elevation": 20.0, "ambient": 0.8, "back_tone": 0.5,
    "cloth_tone": 0.5, "collar": 0.5, "contrast": 1.0, "blur": 0.3,
}  # fmt: skip
Recogniser = Callable[[Tensor], Tensor]  # uint8 (N, 1, 64, 64) -> float (N, D)


@dataclass(frozen=True)
class Victims:
    """Who is attacked: `people`, photographed as usual, the first time to be enrolled, and with
    care; two photographs each, uint8 (2, N, 1, 64, 64)."""

    people: Factors
    usual: Tensor
    careful: Tensor


def render_victims(count: int, seed: int = VICTIMS) -> Victims:
    """People the attacker has never rendered."""
    people = identities(count, seed)
    some = (synth(people, 2, seed + kind, **photo).images.unflatten(0, (count, 2)).transpose(0, 1)
            for kind, photo in enumerate(({}, PASSPORT)))  # fmt: skip
    return Victims(people, *some)


def render_attackers(people: int, photos: int = 2) -> tuple[Tensor, Factors]:
    """What he renders: images, uint8 (people * photos, 1, 64, 64), and who is seen in each."""
    known = identities(people, ATTACKER)
    return synth(known, photos, ATTACKER).images, known.repeat(photos)


def render_portraits(people: Factors) -> Tensor:
    """A picture of each as in PORTRAIT, uint8 (N, 1, 64, 64)."""
    return render(people, nuisances(len(people), **PORTRAIT))


def make_templates(images: Tensor) -> dict[str, Tensor]:
    """What may be stored of photographs, float (N, 128) each, by name."""
    whole = embed(face_embedding(), images)
    return {"128 numbers": whole, "the student's 128 numbers": embed(face_student(), images),
            "128 signs": whole.sign()}  # fmt: skip


class Inversion:
    """From embeddings to the numbers of those seen, learnt from other people.

    Args:
        embeddings: of his photographs, float (N, D).
        people: who is seen in each, N rows.
        learner: of scikit-learn; a copy learns.
    """

    def __init__(self, embeddings: Tensor, people: Factors, learner: RegressorMixin = LINEAR):
        scaled = make_pipeline(StandardScaler(), learner)
        self._model = TransformedTargetRegressor(scaled, transformer=StandardScaler())
        self._model.fit(embeddings.double().numpy(), people.values.double().numpy())

    def numbers(self, embeddings: Tensor) -> Tensor:
        """One for each factor of IDENTITY, float32 (N, len(IDENTITY)), within no limits."""
        return torch.from_numpy(self._model.predict(embeddings.double().numpy())).float()

    def people(self, embeddings: Tensor) -> Factors:
        """Each number brought within its limits; what few have, a beard or glasses, is 0 below half
        of the least there can be of it."""
        numbers, rows = self.numbers(embeddings), IDENTITY.values()
        low, high = (torch.tensor([getattr(row, end) for row in rows]) for end in ("low", "high"))
        absent = torch.tensor([row.chance < 1 for row in rows]) & (numbers < low / 2)
        return Factors(IDENTITY, torch.where(absent, 0.0, numbers.clamp(low, high)))

    def leaks(self, embeddings: Tensor, people: Factors) -> dict[str, float]:
        """R^2 of each number: 1 where it is known, 0 where no better than everybody's mean."""
        found = r2_score(people.values, self.numbers(embeddings), multioutput="raw_values")
        return dict(zip(IDENTITY, found.tolist(), strict=True))


def grey_pixels(images: Tensor) -> Tensor:
    """What a judge by Fisherfaces sees, float (N, 4096)."""
    return torch.from_numpy(grey_values(images))


def train_judge(see: Recogniser, faces: FaceSet) -> Recogniser:
    """Who tells people apart by LDA after PCA of what `see` gives him, learnt from these faces: of
    others, several of each, of more than COMPONENTS people."""
    model = make_pipeline(PCA(COMPONENTS, random_state=0), LinearDiscriminantAnalysis())
    model.fit(see(faces.images).numpy(), faces.person.numpy())
    return lambda images: torch.from_numpy(model.transform(see(images).numpy())).float()


def rank1_interval(probes: Tensor, gallery: Tensor) -> Interval:
    """How often the most similar in the gallery is the one at the probe's place: rank 1."""
    return share_interval(similarity(probes, gallery).argmax(1) == torch.arange(len(gallery)))


def accepted_interval(probes: Tensor, gallery: Tensor, real: Tensor, far: float) -> Interval:
    """How often a probe passes for the one at its place in the gallery, where this share of pairs
    of one in `real` and another in the gallery passes, too; all float (N, D), in one order."""
    scores, same = similarity(real, gallery), torch.eye(len(real), dtype=torch.bool)
    threshold = Verification(scores.flatten(), same.flatten()).threshold_at(far)
    return share_interval(similarity(probes, gallery).diagonal().double() >= threshold)


def reidentify(
    made: Mapping[str, Tensor], some: Victims, recognise: Recogniser
) -> dict[str, dict[str, Interval]]:
    """Whom a judge takes pictures of the victims for, uint8 (N, 1, 64, 64) each, by a careful
    photograph of everybody; the first name's pictures stand for the wrong people, too."""
    gallery, real = map(recognise, some.careful)
    codes = {"another photograph": real} | {name: recognise(made[name]) for name in made}
    codes["somebody else's"] = codes[next(iter(made))].roll(1, 0)
    return {name: {"rank 1": rank1_interval(code, gallery),
                   "accepted": accepted_interval(code, gallery, real, FAR)}
            for name, code in codes.items()}  # fmt: skip


def rotate_back(stored: Tensor, known: Tensor, seen: Tensor) -> Tensor:
    """Rotated embeddings (N, D) as they were, as far as k people tell whose rotated ones are known
    and who were seen, (k, D) both; Schönemann 1966, https://doi.org/10.1007/BF02289451."""
    if not len(known):
        return stored
    return stored @ torch.from_numpy(orthogonal_procrustes(known.numpy(), seen.numpy())[0])


def draw_rotation(numbers: int, seed: int = 0) -> Tensor:
    """A secret: an orthogonal matrix drawn at random, float (numbers, numbers)."""
    return torch.from_numpy(ortho_group.rvs(numbers, random_state=seed)).float()
