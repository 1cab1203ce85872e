"""The evidence of lesson 03: first layers trained and frozen, mouths found, codebooks."""

from collections import defaultdict
from pathlib import Path

from tqdm import tqdm

from facecourse.kit import evidence, orl, protocol
from facecourse.kit.orl import to_half, train_cnn
from facecourse.kit.scoreboard import Row
from facecourse.ladder.student import renew_statistics
from facecourse.lesson03_sharing import experiment as sharing
from facelib import data
from facelib.compress import decode, save_shared, share
from facelib.measure import parameters
from facelib.models import embed

HERE = Path(__file__).parent

SEEDS = tuple(range(10))
FEW = tuple(range(5))  # for what takes longer
PHOTOS = (1, 2, 5)
FACES = (10, 30, 100)  # with a mouth to find
STARTS = tuple(range(40))  # of kernels that learn nothing
TESTED = 150
STEPS, CODEBOOK_STEPS = 200, 300


def layers() -> dict[str, dict]:
    """top-1[photos][network]["test"] = one value a seed; networks of `LAYERS` also "frozen", the
    first layer as it was drawn; the two with windows then also without max pooling."""
    faces = data.orl().map(sharing.to_quarter)
    found: dict[str, dict] = {}
    for photos in PHOTOS:
        runs = found[str(photos)] = defaultdict(lambda: defaultdict(list))
        for seed in tqdm(SEEDS, f"{photos} photographs"):
            for kind in sharing.LAYERS:
                arms = {kind: {}, f"{kind}, frozen": {"frozen": True}}
                if kind != "Linear":  # whose outputs have no neighbours
                    arms[f"{kind}, frozen, not pooled"] = {"frozen": True, "pooled": False}
                for name, how in arms.items():
                    model, _, test = sharing.train_kind(kind, faces, photos, seed, STEPS, **how)
                    runs[name]["test"].append(orl.top1(model, test))
    return found


def shifted() -> dict[str, dict]:
    """top-1[network][shift] = one value a seed, five photographs, of test faces that moved."""
    faces = data.orl().map(sharing.to_quarter)
    found: dict[str, dict] = {}
    for kind in ("Linear", "Conv2d", *sharing.DEEP):
        runs = found[kind] = {str(shift): [] for shift in sharing.SHIFTS}
        for seed in tqdm(FEW, f"{kind}, shifted"):
            model, _, test = sharing.train_kind(kind, faces, 5, seed, STEPS)
            for shift in sharing.SHIFTS:
                runs[str(shift)].append(sharing.top1_shifted(model, test, shift))
    return found


def mouths() -> tuple[dict[str, dict], dict[str, list[float]]]:
    """Share of mouths found [faces learnt from][layer] = one value a seed, other faces each; and
    what needs no learning: kernels as they are drawn, one value a start, and one fixed place, the
    best for all faces learnt from."""
    faces, places = sharing.render_mouths(len(FEW) * FACES[-1], seed=31)
    tested = sharing.render_mouths(TESTED, seed=32)
    found = {str(count): {kind: [] for kind in sharing.FINDERS} for count in FACES}
    for seed in tqdm(FEW, "mouths"):
        for count in FACES:
            rows = slice(seed * FACES[-1], seed * FACES[-1] + count)
            for kind, runs in found[str(count)].items():
                model, _ = sharing.train_finder(kind, faces[rows], places[rows], seed)
                runs.append(sharing.score_answers(model(tested[0]), tested[1]))
    drawn = (sharing.train_finder("Conv2d", faces, places, seed, steps=0)[0] for seed in STARTS)
    fixed = sharing.are_near(sharing.find_best_place(places), tested[1]).mean().item()
    return found, {
        "random kernel": [sharing.score_answers(model(tested[0]), tested[1]) for model in drawn],
        "one fixed place": [fixed],
    }


def codebooks() -> dict[str, dict]:
    """For each size of codebook: top-1 after k-means, with new statistics of batch norm alone, and
    fine-tuned."""
    faces = data.orl()
    found = {name: defaultdict(list) for name in ("32 bits", *map(str, sharing.VALUES))}
    for seed in tqdm(FEW, "codebooks"):
        dense, train, test = sharing.train_dense(faces, seed, CODEBOOK_STEPS)
        row = found["32 bits"]
        row["top-1"].append(orl.top1(dense, test))
        renewed = renew_statistics(dense, train.images)
        row["statistics"].append(orl.top1(renewed, test))
        for values in sharing.VALUES:
            row = found[str(values)]
            small, _ = share(dense, values)
            arms = {
                "k-means": small,
                "statistics": renew_statistics(small, train.images),
                "fine-tuned": sharing.fine_tune(small, train, seed, CODEBOOK_STEPS // 3),
            }
            for name, model in arms.items():
                row[name].append(orl.top1(model, test))
    return found


def rows() -> tuple[list[Row], dict[str, dict]]:
    """Of the scoreboard: the CNN of lesson 01 as it was, and with 16 and 4 shared values; and how
    these differ, within each person, from the first, trained on for as long.

    All in one run: the times of two would compare two moods of a machine.
    """
    known, images = protocol.open_people().map(to_half), to_half(protocol.unseen_people().images)
    cnn = train_cnn(protocol.open_people(), seed=0)
    longer = embed(sharing.fine_tune(cnn, known, seed=0), images)
    found, differences = [protocol.measure_row("CNN trained on 20 people", "01", cnn, images)], {}
    for values in (16, 4):
        model = sharing.fine_tune(share(cnn, values)[0], known, seed=0)
        size = protocol.count_file_bytes(model, save_shared)
        costs = {"bytes": size, "parameters": parameters(model)}
        name = f"CNN, {values} shared values a layer"
        found.append(protocol.measure_row(name, "03", decode(model), images, **costs))
        differences[str(values)] = protocol.unseen_differences(embed(model, images), longer)
    return found, differences


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some ten minutes on one thread, and the scoreboard's rows."""
    board, differences = rows()
    found, unlearnt = mouths()
    payload = {
        "seeds": SEEDS,
        "seeds of codebooks, mouths and shifted faces": FEW,
        "mouths": found,
        "mouths without learning": unlearnt,
        "codebook": codebooks(),
        "top-1": layers(),
        "shifted": shifted(),
        "unseen people": differences,
    }
    evidence.write("evidence", payload, folder)
    protocol.put_rows(board)


if __name__ == "__main__":
    main()
