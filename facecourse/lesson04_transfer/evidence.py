"""The evidence of lesson 04: what transfers from where, how, and with how many photographs."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence, orl, protocol, transfer
from facecourse.kit.scoreboard import Row, Scoreboard
from facecourse.lesson04_transfer import experiment as around
from facelib import measure
from facelib.data import FaceSet
from facelib.models import FaceCNN, embed, face_embedding, save
from facelib.models.backbones import efficientnet_lite0
from facelib.synth import identities
from facelib.training import fit

SEEDS = {1: range(8), 2: range(6), 5: range(6)}  # splits by photographs a person
FEW = range(3)  # splits on which the ImageNet network is fine-tuned, a second a step
FEW_STEPS = 40
BUDGETS = 2, 4  # times as many steps from nothing
CHOICES = range(100, 103)
HERE, BOARD = Path(__file__).parent, evidence.BOARD.name
SHIFTED = (  # tested on changed faces, too
    ("nothing", "at once"), ("synthetic faces", "frozen"), ("synthetic faces", "at once"),
    ("synthetic faces", "all"), ("ImageNet", "frozen"),
)  # fmt: skip
Shares = list[list[float]]  # of each split, of each person: the share named rightly


def top1(seeds: dict[int, Sequence[int]], few: Sequence[int], steps: int) -> dict[str, dict]:
    """[photographs][source][method][shift] = `Shares`."""
    found: dict[str, dict] = {}
    for photos, splits in seeds.items():
        runs = found.setdefault(str(photos), {})
        methods = transfer.METHODS if photos == 1 else transfer.DEPTHS
        for seed in tqdm(splits, f"{photos} photographs"):
            train, test = orl.split_photos(photos, seed)
            note(runs, "pixels", "nearest", near(None, train, test))
            for source in ("synthetic faces", "ImageNet"):
                note(runs, source, "nearest", near(transfer.SOURCES[source](), train, test))
                frozen = transfer.adapt(source, "frozen", train, seed)
                for method in methods if source != "ImageNet" else ("frozen",):
                    model = transfer.adapt_further(frozen, method, train, seed, steps)
                    noted(runs, source, method, model, test, photos)
            for source in ("nothing", "synthetic faces"):
                model = transfer.adapt(source, "at once", train, seed, steps)
                noted(runs, source, "at once", model, test, photos)
            note(
                runs, "nothing", "FaceCNN", orl.top1_per_person(face_cnn(train, seed, steps), test)
            )
    for seed in tqdm(few, "ImageNet, all"):
        train, test = orl.split_photos(1, seed)
        for method in ("at once", "all"):
            model = transfer.adapt("ImageNet", method, train, seed, min(steps, FEW_STEPS))
            noted(found["1"], "ImageNet", method, model, test, 1)
    return found


def near(base: nn.Module | None, train: FaceSet, test: FaceSet) -> list[float]:
    """Of each person, the share whose nearest photograph is theirs."""
    return orl.share_by_person(orl.match_faces(base, train, test), test)


def budgets(seeds: Sequence[int], steps: int) -> dict[str, Shares]:
    """From nothing, one photograph each, by how many steps it was given."""
    found: dict[str, Shares] = {}
    for seed in tqdm(seeds, "budgets"):
        train, test = orl.split_photos(1, seed)
        for times in BUDGETS:
            model = transfer.adapt("nothing", "at once", train, seed, times * steps)
            found.setdefault(str(times * steps), []).append(orl.top1_per_person(model, test))
    return found


def choices(seeds: Sequence[int], steps: int) -> dict[str, dict[str, list[float]]]:
    """[source, method][rate] = top-1 on s1 to s20, one value a split."""
    found: dict[str, dict[str, list[float]]] = {}
    for (source, method), rates in transfer.TRIED.items():
        for rate in tqdm(rates, f"{source}, {method}"):
            runs = found.setdefault(f"{source}, {method}", {}).setdefault(f"{rate:g}", [])
            for seed in seeds:
                train, test = orl.split_photos(1, seed, chosen_on=True)
                model = transfer.adapt(source, method, train, seed, steps, rate)
                runs.append(orl.top1(model, test))
    return found


def noted(
    runs: dict, source: str, method: str, model: nn.Module, test: FaceSet, photos: int
) -> None:
    """Note what a trained network names rightly, for some with one photograph under every shift."""
    shifts = around.SHIFTS if photos == 1 and (source, method) in SHIFTED else ["as they are"]
    for shift in shifts:
        note(
            runs, source, method, orl.top1_per_person(model, test.map(around.SHIFTS[shift])), shift
        )


def note(
    runs: dict, source: str, method: str, shares: list[float], shift: str = "as they are"
) -> None:
    """Add a split."""
    runs.setdefault(source, {}).setdefault(method, {}).setdefault(shift, []).append(shares)


def face_cnn(train: FaceSet, seed: int, steps: int) -> FaceCNN:
    """The course's small network from scratch, twice as many steps of its own, cheaper kind."""
    torch.manual_seed(seed)
    model = FaceCNN(width=24, embedding=128, people=train.people)
    epochs = max(1, 2 * steps * orl.BATCH // len(train))
    fit(model, train, epochs=epochs, batch=orl.BATCH, seed=seed, progress=False)
    return model


def stages(seeds: Sequence[int]) -> dict[str, Shares]:
    """Nearest neighbour, one photograph, from each stage of the ImageNet network."""
    found = {}
    for stage in range(1, 8):
        base = efficientnet_lite0(stage, side=96)
        found[str(stage)] = [
            near(base, *orl.split_photos(1, seed)) for seed in tqdm(seeds, f"stage {stage}")
        ]
    return found


def wrong_tasks(seeds: Sequence[int], steps: int) -> dict[str, dict[str, list]]:
    """[task][how it is used] for sources that learnt who, how or chance, or nothing at all.

    Every split has source networks of its own, so intervals are about them, too.
    """
    found: dict[str, dict[str, list]] = {}
    for task in ("nothing", "who", "how", "chance"):
        runs = found.setdefault(task, {"own task": [], "nearest": [], "tuned": []})
        for seed in tqdm(seeds, task):
            torch.manual_seed(seed)
            base, share = FaceCNN(24, 128, 2), 0.0
            if task != "nothing":
                base, share = around.train_source(task, 4 * steps, seed)
            base.head = nn.Identity()
            train, test = orl.split_photos(1, seed)
            runs["own task"].append(share)
            runs["nearest"].append(near(base, train, test))
            torch.manual_seed(seed)
            model = transfer.Recogniser(base, train.people)
            transfer.train_new_layer(model, train, seed)
            rate = transfer.RATES["nothing", "at once"]  # each source at the rate for scratch
            transfer.tune(model, train, [(transfer.list_layers(model), rate)], seed, steps)
            runs["tuned"].append(orl.top1_per_person(model, test))
    return found


def forgotten_mode(seeds: Sequence[int]) -> dict[str, list[float]]:
    """Nearest neighbour by the mode the network is in."""
    found: dict[str, list[float]] = {}
    for seed in seeds:
        modes = around.forget_mode(face_embedding(), *orl.split_photos(1, seed))
        for name, hit in modes.items():
            found.setdefault(name, []).append(hit)
    return found


def by_description(seeds: Sequence[int], people: int = 300) -> dict[str, list[float]]:
    """Zero-shot: 20 synthetic people never seen, named by their description alone."""
    found: dict[str, list[float]] = {}
    known = identities(people, seed=10)
    pictures = around.render_people(known, 2, seed=11)
    for source in ("synthetic faces", "ImageNet"):
        base = transfer.SOURCES[source]()
        told = around.describe_people(known).repeat_interleave(2, 0)
        reader = around.AttributeReader(orl.embed_or_flatten(base, pictures), told)
        for seed in seeds:
            new = identities(20, seed=1000 + seed)
            read = reader(orl.embed_or_flatten(base, around.render_people(new, 5, 2000 + seed)))
            named = torch.cdist(read, around.describe_people(new)).argmin(1)
            hit = (named == torch.arange(20).repeat_interleave(5)).double().mean()
            found.setdefault(source, []).append(hit.item())
    return found


def scoreboard(folder: Path) -> Scoreboard:
    """The board of the lessons before, and two sources as they come, trained on nobody real."""
    board = Scoreboard(protocol.PROTOCOL)
    for row in Scoreboard.load(evidence.BOARD).rows:
        if row.lesson != "04":
            board.add(row)
    faces = protocol.unseen_people().images
    small = orl.to_64(faces)
    with tempfile.TemporaryDirectory() as place:
        save(face_embedding(), Path(place) / "model")
        own = measure.saved_bytes(Path(place) / "model")
    lite = efficientnet_lite0(stages=6, side=96)
    rows = {
        "ImageNet network, 6 stages": (lite, 4 * measure.parameters(lite), (3, 96, 96)),
        "face embedding, synthetic people": (face_embedding(), own, (1, 64, 64)),
    }
    for name, (model, size, shape) in rows.items():
        took = measure.latency(lambda model=model: embed(model, small[:1]), repeats=200)
        costs = {
            "bytes": size, "parameters": measure.parameters(model),
            "macs": measure.macs(model, shape), "latency_ms": took.median_ms,
        }  # fmt: skip
        metrics = protocol.unseen_metrics(embed(model, small))
        board.add(Row(name, "04", board.protocol, metrics, **costs))
    board.save(folder / BOARD)
    return board


def main(
    seeds: dict[int, Sequence[int]] = SEEDS,
    few: Sequence[int] = FEW,
    chosen_on: Sequence[int] = CHOICES,
    steps: int = transfer.STEPS,
    folder: Path = HERE,
) -> None:
    """Measure and store all of it, some forty minutes on one thread.

    Args:
        seeds: splits for each number of photographs a person.
        few: splits on which the ImageNet network is fine-tuned.
        chosen_on: splits of s1 to s20 for the learning rates.
        steps: of training.
        folder: where to store.
    """
    one = seeds[1]
    payload = {
        "seeds": {str(photos): list(splits) for photos, splits in seeds.items()},
        "few": list(few), "choices": choices(chosen_on, steps),
        "top-1": top1(seeds, few, steps), "budgets": budgets(one, steps), "stages": stages(one),
        "wrong tasks": wrong_tasks(one, steps), "training mode": forgotten_mode(one),
        "by description": by_description(one),
    }  # fmt: skip
    evidence.write("evidence", payload, folder)
    scoreboard(folder)
