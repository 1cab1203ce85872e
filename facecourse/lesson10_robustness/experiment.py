"""Lesson 10: one factor at a time, networks cured by what they are shown, errors of groups.

Of each person who doesn't exist there are two photographs: a good one, and another that differs in
its surroundings and in one factor, by an amount that is known. What can be done to a picture
afterwards is done to real ones, too. A group is a quarter of the range of the generator's number
`skin`: nobody was looked at and sorted, and no real person has a group here.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from skimage.data import lbp_frontal_face_cascade_filename
from skimage.feature import Cascade
from torch import Tensor, nn
from tqdm import tqdm

from facecourse.kit import orl, verify
from facecourse.kit.orl import STILL
from facecourse.kit.protocol import open_people, unseen_people
from facecourse.kit.seeds import build_seeded
from facelib.data import Augment, Distort, FaceSet, all_pairs, corrupt, folder, to_grey
from facelib.measure import Interval, bootstrap_people, share_interval, similarity, verify_all
from facelib.measure.bootstrap import bootstrap_between
from facelib.measure.groups import GroupErrors, group_errors, tar_by_person
from facelib.measure.verification import Verification
from facelib.models import FaceCNN, embed
from facelib.synth import FRONTAL, Factors, identities, nuisances, render, synth
from facelib.synth.people import pick_seed
from facelib.training import fit

FAR, FAR_ORL = 1e-3, 1e-2  # for thresholds; twenty people can't show the smaller
GROUPS = ("darkest", "dark", "light", "lightest")
SKINS = (0.125, 0.375, 0.625, 0.875)  # the middles of these
# A face that looks into the camera, well lit, sharp, and as large as aligners cut it.
GOOD = FRONTAL | {
    "azimuth": (-20.0, 20.0), "elevation": (10.0, 40.0), "ambient": (0.5, 0.7),
    "blur": 0.4, "noise": 0.005,
}  # fmt: skip

# What is rendered otherwise, by amounts from none to much.
RENDERED: Mapping[str, Callable[[float], dict[str, float]]] = {
    "yaw, degrees": lambda amount: {"yaw": amount},
    "light from the side, degrees": lambda amount: {"azimuth": amount, "ambient": 0.2},
    "mask, up to the nose": lambda amount: {"mask": amount},
    "hidden, of the width": lambda amount: {"block": amount},
}
# What any picture can suffer.
SPOILT: Mapping[str, Callable[[Tensor, float], Tensor]] = {
    "darkness, stops": corrupt.underexpose,
    "blur, pixels": corrupt.blur,
    "pixels across": corrupt.pixelate,
    "JPEG quality": corrupt.compress,
}
AMOUNTS: Mapping[str, tuple[float, ...]] = {
    "yaw, degrees": (0, 15, 30, 45), "light from the side, degrees": (0, 30, 60, 90),
    "mask, up to the nose": (0, 0.4, 0.7, 1), "hidden, of the width": (0, 0.2, 0.3, 0.4, 0.5),
    "darkness, stops": (0, 2, 4, 6), "blur, pixels": (0, 1, 2, 3, 4),
    "pixels across": (64, 32, 24, 16, 12), "JPEG quality": (95, 50, 20, 10, 5),
}  # fmt: skip


def read_faces(model: nn.Module, images: Tensor) -> Tensor:
    """Embeddings by one pass a face, as every rung is judged: float (N, D), on the CPU."""
    return embed(model, images, flip=False).cpu()


def render_good(people: int, seed: int) -> Tensor:
    """A good photograph of each, uint8 (people, 1, 64, 64)."""
    return render(identities(people, seed), nuisances(people, seed + 1, **GOOD))


def render_changed(people: int, factor: str, amount: float, seed: int) -> Tensor:
    """Of the same people another photograph, good but for one factor; uint8 (people, 1, 64, 64)."""
    change = RENDERED[factor](amount) if factor in RENDERED else {}
    photo = nuisances(people, seed + 2, **GOOD | change)
    if "block" in change:  # in front of the face, not beside it
        photo = photo.set(block_x=photo["block_x"] / 4, block_y=photo["block_y"] / 4)
    images = render(identities(people, seed), photo)
    return images if factor in RENDERED else SPOILT[factor](images, amount)


def load_own(path: str) -> Tensor:
    """Your photographs, uint8 (N, 1, 64, 64): those of the first person in a folder that has a
    sub-folder for each of two people or more, cut out around the face; its errors are those of
    `facelib.data.folder`."""
    return to_grey(folder(path, size=64, detect=True, skip_bad=True).of_people([0]).images)


def choose_good_threshold(model: nn.Module, people: int = 400) -> float:
    """Where 0.1 % of the impostor pairs of other people's good photographs are accepted."""
    seed = pick_seed("varied, choice")
    again = render_changed(people, "yaw, degrees", 0, seed)
    codes = read_faces(model, torch.cat([render_good(people, seed), again]))
    return verify_all(codes, torch.arange(people).repeat(2)).threshold_at(FAR)


def sweep_factors(
    models: Mapping[str, nn.Module], at: Mapping[str, float], people: int
) -> dict[str, dict[str, dict[str, Interval]]]:
    """[network][factor][amount]: TAR of networks, each at its own threshold, that see the same
    photographs of people who don't exist; intervals over people."""
    seed = pick_seed("varied")
    good = render_good(people, seed)
    known = {network: read_faces(model, good) for network, model in models.items()}
    found: dict = {network: {factor: {} for factor in AMOUNTS} for network in models}
    for factor, amounts in tqdm(AMOUNTS.items(), "factors"):
        for amount in amounts:
            probes = render_changed(people, factor, amount, seed)
            for network, model in models.items():
                scores = (read_faces(model, probes) * known[network]).sum(1)
                found[network][factor][f"{amount:g}"] = share_interval(scores >= at[network])
    return found


def sweep_orl(model: nn.Module) -> dict[str, dict[str, Interval]]:
    """[factor][amount]: TAR of pairs of ORL's s21 to s40, one spoilt and the other not; "FAR" is
    that of pairs as they are. The threshold accepts 1 % of the impostor pairs of s1 to s20."""
    known, faces = open_people().map(orl.to_64), unseen_people().map(orl.to_64)
    chosen = verify.verify_pairs(read_faces(model, known.images), known)
    at, still = chosen.threshold_at(FAR_ORL), read_faces(model, faces.images)
    found: dict = {"FAR": {"": verify.changed_rates(still, still, faces, at)["FAR"]}}
    for factor, spoil in SPOILT.items():
        found[factor] = {}
        for amount in AMOUNTS[factor]:
            changed = read_faces(model, spoil(faces.images, amount))
            rates = verify.changed_rates(changed, still, faces, at)
            found[factor][f"{amount:g}"] = rates["TAR"]
    return found


def augment_and_distort(images: Tensor, generator: torch.Generator) -> Tensor:
    """`Augment()`, and `Distort()` after it."""
    moved = Augment()(images, generator)
    return Distort(mirror=False)(moved.mul(255).round().to(torch.uint8), generator)


# What a network sees of its photographs while it learns.
CURES: Mapping[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "as they are": STILL, "moved and relit": Augment(), "accidents": Distort(mirror=False),
    "both": augment_and_distort,
}  # fmt: skip
ILLS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "as they are": lambda images: images,
    "moved": lambda images: corrupt.misalign(images, shift=8),
    "blurred": lambda images: corrupt.blur(images, 2),
    "coarse": lambda images: corrupt.pixelate(images, 16),
    "in the dark": lambda images: corrupt.underexpose(images, 4),
}


def train_cure(cure: str, seed: int, epochs: int) -> dict[str, float]:
    """Top-1 on spoilt photographs of a FaceCNN that has learnt the names of ORL's s21 to s40, from
    two photographs of each, changed by one of `CURES`."""
    train, test = orl.split_photos(2, seed)
    model = build_seeded(seed, lambda: FaceCNN(24, 128, test.people))
    fit(model, train, epochs=epochs, batch=orl.BATCH, augment=CURES[cure], seed=seed,
        progress=False)  # fmt: skip
    return {
        ill: orl.top1(model, replace(test, images=spoil(test.images)))
        for ill, spoil in ILLS.items()
    }


def take_choosers(people: int) -> FaceSet:
    """People of all groups to choose thresholds by, three photographs each; none is reported."""
    return synth(people, 3, seed=pick_seed("groups, choice"))


def pair_up(codes: Tensor, faces: FaceSet) -> tuple[Tensor, Tensor, Tensor]:
    """All pairs within a group: scores, whether they show one person, and the group, each (P,)."""
    left, right, same = all_pairs(faces.person)
    inside = faces.group[left] == faces.group[right]
    left, right, same = left[inside], right[inside], same[inside]
    return similarity(codes, codes)[left, right], same, faces.group[left]


def part_groups(scores: Tensor, same: Tensor, group: Tensor) -> list[Verification]:
    """The pairs of each of `GROUPS`, as `pair_up` gives them, to read rates from."""
    insides = (group == number for number in range(len(GROUPS)))
    return [Verification(scores[inside], same[inside]) for inside in insides]


def measure_groups(codes: Tensor, faces: FaceSet, at: float) -> dict[str, GroupErrors]:
    """[group]: FMR and FNMR at a threshold. Where none was seen the interval is an upper bound over
    people (of FMR a far too careful one: its pairs are many); resampling would end at 0."""
    found = group_errors(codes, faces, at)
    return {
        name: GroupErrors(_never(found[number].fmr), _never(found[number].fnmr))
        for number, name in enumerate(GROUPS)
    }


def compare_groups(
    one: tuple[Tensor, float], other: tuple[Tensor, float], faces: FaceSet
) -> dict[str, GroupErrors]:
    """[group]: by how much FMR and FNMR of one network are above the other's (paired).

    Args:
        one, other: unit embeddings (N, D) and a threshold each.
        faces: as many photographs of everybody, person by person.
    """
    photos, found = len(faces) // faces.people, {}
    for number, name in enumerate(GROUPS):
        inside, accepted, tar = faces.group == number, [], []
        for codes, at in (one, other):
            some = codes[inside].unflatten(0, (-1, photos))
            accepted.append((torch.einsum("iad,jbd->ijab", some, some) >= at).double().sum((2, 3)))
            person = torch.arange(len(some)).repeat_interleave(photos)
            tar.append(tar_by_person(codes[inside], person, at))
        more = accepted[0] - accepted[1]
        found[name] = GroupErrors(
            bootstrap_between(more, torch.full_like(more, photos**2)),
            bootstrap_people(tar[1] - tar[0], torch.arange(len(more))),
        )
    return found


def _never(rate: Interval) -> Interval:
    """The same; where it is 0 with the exact interval of something that befell nobody."""
    return rate if rate.value else share_interval(torch.zeros(rate.n, dtype=torch.bool))


def vary_skin(
    model: nn.Module, at: float, people: int, coupled: bool
) -> tuple[dict[str, Interval], Interval]:
    """The FMR of the same people in the same photographs, by the number `skin` that all of them
    are given, and by how much the darkest rendering's is above the lightest's (paired).

    Args:
        model, at: a network and its threshold.
        people: how many, two photographs each.
        coupled: hair, eyes and shape are drawn for that skin; else as for the darkest.
    """
    found, accepted, pairs = {}, [], torch.full((people, people), 4.0)
    for skin in SKINS:
        faces = synth(color_people(people, skin, coupled), 2, seed=pick_seed("groups, skin"))
        codes = read_faces(model, faces.images).unflatten(0, (people, 2))
        scores = torch.einsum("iad,jbd->ijab", codes, codes)
        accepted.append((scores >= at).double().sum((2, 3)))
        found[f"{skin:g}"] = _never(bootstrap_between(accepted[-1], pairs))
    return found, bootstrap_between(accepted[0] - accepted[-1], pairs)


def detect_skin(people: int) -> tuple[dict[str, Interval], Interval]:
    """The share of the same people found in the same photographs, whole heads, by the number `skin`
    that all of them are given, and by how much the darkest rendering's is above the lightest's
    (paired). The detector is scikit-image's cascade, which was made from photographs."""
    size, seed = 112, pick_seed("groups, skin")
    photo = nuisances(people, seed, yaw=(-10.0, 10.0), pitch=(-10.0, 10.0), scale=(0.86, 1.18))
    find, found = Cascade(lbp_frontal_face_cascade_filename()).detect_multi_scale, []
    for skin in SKINS:
        images = render(color_people(people, skin, False), photo, size=size)[:, 0].numpy()
        boxes = [find(img=image, scale_factor=1.1, step_ratio=1, min_size=(30, 30),
                      max_size=(size, size)) for image in tqdm(images, f"skin {skin}")]  # fmt: skip
        found.append(torch.tensor([bool(box) for box in boxes]))
    change = bootstrap_people(found[0].double() - found[-1].double(), torch.arange(people))
    rates = map(share_interval, found)
    return {f"{skin:g}": rate for skin, rate in zip(SKINS, rates, strict=True)}, change


def color_people(people: int, skin: float, coupled: bool) -> Factors:
    """Always the same people, all of one skin; `coupled` as in `vary_skin`."""
    drawn_for = skin if coupled else SKINS[0]
    return identities(people, pick_seed("groups, skin"), skin=drawn_for).set(skin=skin)
