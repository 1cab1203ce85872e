"""The evidence of lesson 04: what transfers from where, how, and with how many photographs."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence, orl, protocol, transfer
from facecourse.kit.scoreboard import Row
from facecourse.lesson04_transfer import experiment as around
from facelib import measure
from facelib.data import FaceSet
from facelib.models import FaceCNN, face_embedding
from facelib.models.backbones import efficientnet_lite0
from facelib.synth import identities
from facelib.training import fit

HERE = Path(__file__).parent

SEEDS = {1: range(8), 2: range(6), 5: range(6)}  # splits by photographs a person
FEW = range(3)  # splits on which the ImageNet network is fine-tuned, a second a step
FEW_STEPS = 40
BUDGETS = 2, 4  # times as many steps from nothing
CHOICES = range(100, 103)
STEPS = transfer.STEPS
SHIFTED = (  # tested on changed faces, too
    ("nothing", "at once"), ("synthetic faces", "frozen"), ("synthetic faces", "at once"),
    ("synthetic faces", "all"), ("ImageNet", "frozen"),
)  # fmt: skip
Shares = list[list[float]]  # of each split, of each person: the share named rightly


def top1() -> dict[str, dict]:
    """[photographs][source][method][shift] = `Shares`."""
    found = {str(n): defaultdict(lambda: defaultdict(lambda: defaultdict(list))) for n in SEEDS}
    for photos, splits in SEEDS.items():
        runs = found[str(photos)]
        methods = transfer.METHODS if photos == 1 else transfer.DEPTHS
        for seed in tqdm(splits, f"{photos} photographs"):
            train, test = orl.split_photos(photos, seed)
            runs["pixels"]["nearest"]["as they are"].append(near(None, train, test))
            for source in ("synthetic faces", "ImageNet"):
                nearest = near(transfer.SOURCES[source](), train, test)
                runs[source]["nearest"]["as they are"].append(nearest)
                frozen = transfer.adapt(source, "frozen", train, seed)
                for method in methods if source != "ImageNet" else ("frozen",):
                    model = transfer.adapt_further(frozen, method, train, seed, STEPS)
                    note(runs, source, method, model, test, photos)
            for source in ("nothing", "synthetic faces"):
                model = transfer.adapt(source, "at once", train, seed, STEPS)
                note(runs, source, "at once", model, test, photos)
            note(runs, "nothing", "FaceCNN", face_cnn(train, seed), test, photos)
    for seed in tqdm(FEW, "ImageNet, all"):
        train, test = orl.split_photos(1, seed)
        for method in ("at once", "all"):
            model = transfer.adapt("ImageNet", method, train, seed, FEW_STEPS)
            note(found["1"], "ImageNet", method, model, test, 1)
    return found


def note(
    runs: dict, source: str, method: str, model: nn.Module, test: FaceSet, photos: int
) -> None:
    """Note what a trained network names rightly, for some with one photograph under every shift."""
    shifts = around.SHIFTS if photos == 1 and (source, method) in SHIFTED else ["as they are"]
    for shift in shifts:
        shares = orl.top1_per_person(model, test.map(around.SHIFTS[shift]))
        runs[source][method][shift].append(shares)


def near(base: nn.Module | None, train: FaceSet, test: FaceSet) -> list[float]:
    """Of each person, the share whose nearest photograph is theirs."""
    return orl.share_by_person(orl.match_faces(base, train, test), test)


def budgets() -> dict[str, Shares]:
    """From nothing, one photograph each, by how many steps it was given."""
    found: dict[str, Shares] = defaultdict(list)
    for seed in tqdm(SEEDS[1], "budgets"):
        train, test = orl.split_photos(1, seed)
        for times in BUDGETS:
            model = transfer.adapt("nothing", "at once", train, seed, times * STEPS)
            found[str(times * STEPS)].append(orl.top1_per_person(model, test))
    return found


def choices() -> dict[str, dict[str, list[float]]]:
    """[source, method][rate] = top-1 on s1 to s20, one value a split."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (source, method), rates in transfer.TRIED.items():
        for rate in tqdm(rates, f"{source}, {method}"):
            for seed in CHOICES:
                train, test = orl.split_photos(1, seed, chosen_on=True)
                model = transfer.adapt(source, method, train, seed, STEPS, rate)
                found[f"{source}, {method}"][f"{rate:g}"].append(orl.top1(model, test))
    return found


def face_cnn(train: FaceSet, seed: int) -> FaceCNN:
    """The course's small network from scratch, twice as many steps of its own, cheaper kind."""
    torch.manual_seed(seed)
    model = FaceCNN(width=24, embedding=128, people=train.people)
    epochs = max(1, 2 * STEPS * orl.BATCH // len(train))
    fit(model, train, epochs=epochs, batch=orl.BATCH, seed=seed, progress=False)
    return model


def stages() -> dict[str, Shares]:
    """Nearest neighbour, one photograph, from each stage of the ImageNet network."""
    bases = {str(stage): efficientnet_lite0(stage, side=96) for stage in range(1, 8)}
    return {
        stage: [near(base, *orl.split_photos(1, seed)) for seed in SEEDS[1]]
        for stage, base in tqdm(bases.items(), "stages")
    }


def wrong_tasks() -> dict[str, dict[str, list]]:
    """[task][how it is used] for sources that learnt who, how or chance, or nothing at all.

    Every split has source networks of its own, so intervals are about them, too.
    """
    found: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    for task in ("nothing", "who", "how", "chance"):
        for seed in tqdm(SEEDS[1], task):
            torch.manual_seed(seed)
            base, share = FaceCNN(24, 128, 2), 0.0
            if task != "nothing":
                base, share = around.train_source(task, 4 * STEPS, seed)
            base.head = nn.Identity()
            train, test = orl.split_photos(1, seed)
            runs = found[task]
            runs["own task"].append(share)
            runs["nearest"].append(near(base, train, test))
            torch.manual_seed(seed)
            model = transfer.Recogniser(base, train.people)
            transfer.train_new_layer(model, train, seed)
            rate = transfer.RATES["nothing", "at once"]  # each source at the rate for scratch
            transfer.tune(model, train, [(transfer.list_layers(model), rate)], seed, STEPS)
            runs["tuned"].append(orl.top1_per_person(model, test))
    return found


def forgotten_mode() -> dict[str, list[float]]:
    """Nearest neighbour by the mode the network is in."""
    splits = (orl.split_photos(1, seed) for seed in SEEDS[1])
    modes = [around.forget_mode(face_embedding(), train, test) for train, test in splits]
    return {name: [split[name] for split in modes] for name in modes[0]}


def by_description(people: int = 300) -> dict[str, list[float]]:
    """Zero-shot: 20 synthetic people never seen, named by their description alone."""
    found: dict[str, list[float]] = defaultdict(list)
    known = identities(people, seed=10)
    pictures = around.render_people(known, 2, seed=11)
    for source in ("synthetic faces", "ImageNet"):
        base = transfer.SOURCES[source]()
        told = around.describe_people(known).repeat_interleave(2, 0)
        reader = around.AttributeReader(orl.embed_or_flatten(base, pictures), told)
        for seed in SEEDS[1]:
            new = identities(20, seed=1000 + seed)
            read = reader(orl.embed_or_flatten(base, around.render_people(new, 5, 2000 + seed)))
            named = torch.cdist(read, around.describe_people(new)).argmin(1)
            hit = (named == torch.arange(20).repeat_interleave(5)).double().mean()
            found[source].append(hit.item())
    return found


def rows() -> list[Row]:
    """Of the scoreboard: two sources as they come, trained on nobody real."""
    images, lite = orl.to_64(protocol.unseen_people().images), efficientnet_lite0(stages=6, side=96)
    costs = {"bytes": 4 * measure.parameters(lite), "macs": measure.macs(lite, (3, 96, 96))}
    ours = "face embedding, synthetic people"
    return [
        protocol.measure_row("ImageNet network, 6 stages", "04", lite, images, **costs),
        protocol.measure_row(ours, "04", face_embedding(), images),
    ]


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some forty minutes on one thread, and the scoreboard's rows."""
    payload = {
        "seeds": {str(photos): list(splits) for photos, splits in SEEDS.items()},
        "few": list(FEW),
        "choices": choices(),
        "top-1": top1(),
        "budgets": budgets(),
        "stages": stages(),
        "wrong tasks": wrong_tasks(),
        "training mode": forgotten_mode(),
        "by description": by_description(),
    }
    evidence.write("evidence", payload, folder)
    protocol.put_rows(rows())


if __name__ == "__main__":
    main()
