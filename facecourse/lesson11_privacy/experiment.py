"""Lesson 11: embeddings turned back, photographs learnt by heart, doors fooled.

The attacker's generator is the very one that made his victims: the most favourable case for him, so
this shows what an embedding holds, and not how easily those of real people are turned back.
"""

from collections.abc import Callable, Mapping

import torch
from sklearn.linear_model import Ridge
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, normalize
from torchvision.transforms.functional import gaussian_blur

from facecourse.kit import orl
from facecourse.kit.orl import BARE
from facecourse.kit.seeds import build_seeded
from facelib.data import Augment, FaceSet, corrupt
from facelib.measure import Interval, share_interval, verify_all
from facelib.models import FaceCNN, embed
from facelib.synth import IDENTITY, NUISANCE, Factors, identities, nuisances, render, synth
from facelib.synth.people import pick_seed
from facelib.training import fit

DOOR = 0.001  # FAR of a door, on people of its owner's
# At rest, in even light, before an even grey.
PORTRAIT = {name: max(row.low, 0.0) for name, row in NUISANCE.items()} | {
    "scale": 1.25, "distance": 1.0, "elevation": 20.0, "ambient": 0.8, "back_tone": 0.5,
    "cloth_tone": 0.5, "collar": 0.5, "contrast": 1.0, "blur": 0.3,
}  # fmt: skip
CARD = """\
1  Model: FaceResNet, 0.3 million weights, grey faces of 64 x 64 pixels.
2  Intended use: teaching, and doors of volunteers who have another way in.
3  Trained on: people who don't exist (datasheet, lines 6 to 8).
4  Threshold: chosen at an FMR of 0.1 % on 1,000 other people, seed 541065216.
5  Measured on: the people of the datasheet; FMR and FNMR by group overleaf.
6  Datasheet. 6,000 pictures of 2,000 people who don't exist, seed 1073741824.
7  Purpose of the set: to count errors.
8  Nothing is trained or chosen on these people.
9  Not for: searching crowds, payments, claims about groups of real people."""
Recogniser = Callable[[Tensor], Tensor]  # uint8 (N, 1, 64, 64) -> float (N, D)
See = Callable[[Tensor], Tensor]  # the same of float images in [0, 1], for gradients


def render_victims(count: int, number: int = 0) -> tuple[Factors, Tensor]:
    """People the attacker has never rendered, and three usual photographs of each, the first of
    them enrolled: uint8 (3, count, 1, 64, 64). Another number gives other people."""
    seed = pick_seed("victims", number)
    people = identities(count, seed)
    return people, synth(people, 3, seed).images.unflatten(0, (count, 3)).transpose(0, 1)


def render_attackers(people: int) -> tuple[Tensor, Factors]:
    """What he renders: two photographs of each, uint8 (2 * people, 1, 64, 64), and who is seen."""
    seed = pick_seed("attacker")
    known = identities(people, seed)
    return synth(known, 2, seed).images, known.repeat(2)


def render_portraits(people: Factors) -> Tensor:
    """A picture of each as in PORTRAIT, uint8 (N, 1, 64, 64)."""
    return render(people, nuisances(len(people), **PORTRAIT))


def limit_numbers(numbers: Tensor) -> Factors:
    """People of numbers (N, len(IDENTITY)) that were guessed: each is brought within its limits;
    what few have, a beard or glasses, is 0 below half of the least there can be of it."""
    rows, numbers = IDENTITY.values(), torch.as_tensor(numbers).float()
    low, high = (torch.tensor([getattr(row, end) for row in rows]) for end in ("low", "high"))
    absent = torch.tensor([row.chance < 1 for row in rows]) & (numbers < low / 2)
    return Factors(IDENTITY, torch.where(absent, 0.0, numbers.clamp(low, high)))


def invert(model: nn.Module, stolen: Tensor, people: int) -> Tensor:
    """Portraits, uint8 (N, 1, 64, 64), from stolen embeddings (N, D) of a model that the attacker
    has asked about so many people of his own; the lesson's Ridge."""
    images, who = render_attackers(people)
    attack = Ridge(0.1).fit(embed(model, images, flip=False), who.values)
    return render_portraits(limit_numbers(attack.predict(stolen)))


def choose_door_threshold(see: Recogniser, people: int = 400) -> float:
    """The owner's: where 0.1 % of the impostor pairs of other people are accepted."""
    faces = synth(people, 2, seed=pick_seed("enrolled", 1))
    return verify_all(see(faces.images), faces.person).threshold_at(DOOR)


def train_by_heart(train: FaceSet, epochs: int) -> FaceCNN:
    """A network that has learnt the names of 20 people, 32 x 32 pixels, with no remedy against
    over-fitting."""
    model = build_seeded(0, lambda: FaceCNN(16, 128, 20))
    fit(model, train, epochs=epochs, batch=orl.BATCH, seed=0, progress=False, **BARE)
    return model


def compress_first(images: Tensor) -> Tensor:
    """JPEG of quality 30; gradients pass as if it were not there (Athalye et al. 2018,
    https://arxiv.org/abs/1802.00420)."""
    packed = corrupt.compress((images.detach() * 255).round().byte(), 30).float() / 255
    return images + (packed - images.detach())


def move_first(images: Tensor) -> Tensor:
    """Moved, turned and scaled a little, anew at every look."""
    generator = torch.Generator().manual_seed(int(torch.randint(2**31, ())))
    moved = Augment(shift=0.04, degrees=5, scale=0.05, mirror=False, light=0)
    return moved(images * 255, generator)


# What a door may do to a picture before its network looks.
DEFENCES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "none": lambda images: images, "blur": lambda images: gaussian_blur(images, 5, 1.0),
    "JPEG": compress_first, "random moves": move_first,
}  # fmt: skip


def defend(model: nn.Module, defence: str, looks: int = 1) -> See:
    """What a door sees of float images after one of `DEFENCES`: unit embeddings, the mean over so
    many looks."""

    def see(images: Tensor) -> Tensor:
        seen = [normalize(model.embed(DEFENCES[defence](images))) for _ in range(looks)]
        return normalize(torch.stack(seen).mean(0))

    return see


def climb_to(see: See, faces: Tensor, targets: Tensor, limit: float, steps: int = 20) -> Tensor:
    """Faces, float (N, 1, 64, 64) in [0, 1], changed by at most `limit` a pixel so that `see` takes
    them for the targets (N, D): projected gradient steps, and whole grey values at the end."""
    changed = faces.clone()
    for _ in range(steps):
        changed.requires_grad_()
        cosine_similarity(see(changed), targets).sum().backward()
        step = 2.5 * limit / steps * changed.grad.sign()
        changed = (changed.detach() + step).clamp(faces - limit, faces + limit).clamp(0, 1)
    return (changed * 255).round() / 255


def as_recogniser(see: See) -> Recogniser:
    """The same for uint8 images, without gradients."""

    @torch.inference_mode()
    def recognise(images: Tensor) -> Tensor:
        return torch.cat([see(part.float() / 255) for part in images.split(64)])

    return recognise


def fool_doors(
    model: nn.Module, count: int, limits: tuple[int, ...], steps: int = 20
) -> dict[str, dict[str, dict[str, Interval]]]:
    """[defence]: "TAR" of genuine pairs, and by the limit in grey values how many of so many
    impostors are let in who attack the plain network ("unaware") or the defended one ("aware")."""
    model = model.eval().requires_grad_(False)
    _, (enrolled, other, _) = render_victims(count, 1)
    faces = other.roll(1, 0).float() / 255  # everybody asks for the next one's place
    plain = defend(model, "none")

    def fool(defence: str) -> dict[str, dict[str, Interval]]:
        see = defend(model, defence, looks=1 + 3 * (defence == "random moves"))
        ask = as_recogniser(see)
        at, templates = choose_door_threshold(ask), ask(enrolled)

        def accepted(images: Tensor) -> Interval:
            return share_interval((ask(images) * templates).sum(1) >= at)

        found = {"TAR": {"": accepted(other)}, "unaware": {}, "aware": {}}
        for who, by in {"unaware": plain, "aware": see}.items():
            aim = as_recogniser(by)(enrolled)
            for limit in limits:
                made = climb_to(by, faces, aim, limit / 255, steps)
                found[who][f"{limit}"] = accepted((made * 255).round().byte())
        return found

    return {defence: fool(defence) for defence in DEFENCES}
