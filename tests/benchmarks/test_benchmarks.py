"""Each benchmark still runs, at its smallest, and compares what it says it compares."""

from __future__ import annotations

import copy

import pytest
import torch

from benchmarks import detection, loop, synth, throughput
from facecourse.kit import evidence
from facelib.data import Augment, orl, resize
from facelib.models import FaceCNN
from facelib.training import fit
from facelib.training.loop import generator


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_the_loop_benchmark_runs(tmp_path):
    loop.main(pairs=6, epochs=1, each=1, size=(16, 16), folder=tmp_path)
    stored = evidence.read("loop", tmp_path)
    assert stored["fit_over_bare"]["low"] <= stored["fit_over_bare"]["high"]
    assert stored["machine"]["torch_threads"] == 1


def test_the_throughput_benchmark_runs(tmp_path):
    throughput.main(pairs=6, epochs=1, each=1, size=(16, 16), workers=(0, 1), folder=tmp_path)
    stored = evidence.read("throughput", tmp_path)
    assert [(row["workers"], row["threads"]) for row in stored["loaders"]] == [(0, 1), (1, 1)]
    assert stored["best"] in stored["loaders"]


def test_the_generator_benchmark_runs(tmp_path):
    synth.main({"cpu": 8, "cuda": 8}, repeats=2, sizes=(64,), compiled=(False,), folder=tmp_path)
    rows = evidence.read("synth", tmp_path)["rows"]
    assert [(row["channels"], len(row["faces_per_s"])) for row in rows] == [(1, 2), (3, 2)]
    assert rows[0]["best"] >= rows[0]["median"] > 0


def test_the_bare_loop_learns_what_fit_learns_from_the_same_batches():
    faces = orl().map(lambda images: resize(images, 16, 16)).split_images(2).train
    model = FaceCNN(2, 8, faces.people)
    by_hand, epochs, steps = copy.deepcopy(model), 2, 4

    def batches():
        for step in range(steps):
            if step % 2 == 0:
                order = torch.randperm(len(faces), generator=generator(0, "order", step // 2))
            index = order[step % 2 * loop.BATCH :][: loop.BATCH]
            images = Augment()(faces.images[index], generator(0, "augment", step, 0))
            yield images, faces.person[index]

    history = fit(
        model, faces, epochs=epochs, batch=loop.BATCH, lr=loop.LR, progress=False,
        weight_decay=loop.WEIGHT_DECAY, label_smoothing=loop.LABEL_SMOOTHING,
    )  # fmt: skip
    assert loop.bare(by_hand, batches(), steps) == history.loss[-1]
    for name, tensor in by_hand.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[name]), name


def test_the_usual_way_gives_batches_of_the_same_kind(tmp_path):
    faces = orl().map(lambda images: resize(images, 28, 23))
    throughput.write_pngs(faces, tmp_path)
    images, person = next(iter(throughput.loader(tmp_path, 0)))
    ours = Augment()(faces.images, torch.Generator().manual_seed(0))
    assert images.shape == (loop.BATCH, *ours.shape[1:])
    assert images.dtype == ours.dtype
    assert person.dtype == faces.person.dtype
    assert float(images.mean()) == pytest.approx(float(ours.mean()), abs=0.05)
    assert float(images.std()) == pytest.approx(float(ours.std()), abs=0.05)


def test_the_detection_benchmark_counts_every_face_once(tmp_path):
    detection.main(people=24, groups=2, folder=tmp_path)
    found = evidence.read("detection", tmp_path)["found"]
    assert list(found) == ["all", "skin 0 to 0.5", "skin 0.5 to 1"]
    assert sum(row["n"] for row in found.values()) == 48
    assert found["all"]["value"] > 0.7
