"""The experiments, tables and the slider of lesson 07 measure what the lesson says."""

import pytest
import torch

from facecourse.kit import orl
from facecourse.ladder import student
from facecourse.lesson07_pruning import experiment as pruning
from facecourse.lesson07_pruning import figures
from facelib.compress import sparsify
from facelib.compress.layers import find_layers
from facelib.measure import Interval, macs
from facelib.models import face_embedding, face_student


@pytest.fixture(autouse=True)
def few(monkeypatch, small_ladder):
    monkeypatch.setattr(student, "face_embedding", face_embedding)
    monkeypatch.setattr(student, "BATCH", 32)
    monkeypatch.setattr(student, "KEPT", 16)


def test_the_student_loses_little_and_without_most_weights_nearly_all():
    sparse, _ = sparsify(face_student(), 0.9)
    assert student.tar_drop(face_student(), 40).value < 5
    assert student.tar_drop(sparse, 40).value > 50


def test_training_on_brings_points_back_and_keeps_the_zeros():
    sparse, _ = sparsify(face_student(), 0.7)
    better = student.train_further(sparse, steps=30)
    assert torch.equal(figures.flatten_weights(better) == 0, figures.flatten_weights(sparse) == 0)
    assert student.distance_to_teacher(better) < student.distance_to_teacher(sparse)


def test_rounds_end_with_as_many_zeros():
    sparse = pruning.prune_in_rounds(face_student(), 0.9, steps=4)
    zeros = figures.flatten_weights(sparse) == 0
    assert zeros.double().mean().item() == pytest.approx(0.9, abs=1e-3)


@pytest.mark.parametrize("importance", ["L1", "Taylor"])
def test_channels_go_by_importance_and_the_rival_has_the_same_shape(importance):
    small = student.prune_student(0.5, importance)
    assert macs(small, student.SHAPE) <= 0.5 * macs(face_student(), student.SHAPE)
    rival = pruning.train_from_scratch(small, steps=1)
    shapes = [[p.shape for p in model.parameters()] for model in (small, rival)]
    assert shapes[0] == shapes[1]
    assert not torch.equal(next(small.parameters()), next(rival.parameters()))


def test_each_block_can_go_and_each_layer_is_tried():
    names = pruning.list_blocks(face_student())
    assert len(names) == 3
    assert macs(pruning.remove_block(names[0]), student.SHAPE) < macs(face_student(), student.SHAPE)
    found = pruning.measure_sensitivity(0.5, people=8)
    assert list(found) == list(find_layers(face_student()))


def test_a_pruned_namer_is_plain_and_has_its_zeros():
    train, _ = orl.split_photos(1, 100, chosen_on=True)
    first = pruning.train_classifier(train, 0, epochs=1)
    small = pruning.prune_classifier(first, 0.5, train, 1, epochs=1)
    weights = figures.flatten_weights(small)
    assert (weights == 0).double().mean().item() == pytest.approx(0.5, abs=1e-3)
    assert not any("parametrizations" in name for name in small.state_dict())


def test_more_zeros_leave_a_smaller_compressed_file(moved):
    slider, _ = figures.sparsity_slider(people=12).children
    whole, sparse = (
        int(moved(slider, share)[-1].removesuffix(" kB").replace(",", "")) for share in (0, 0.9)
    )
    assert sparse < 0.4 * whole


def test_ways_to_choose_channels_stand_beside_the_first():
    runs = {"at once": Interval(40.0, 35.0, 45.0, 9), "trained on": [5.0, 7.0], "parameters": 9}
    ways = {
        "L1": runs | {"macs": 3e6, "from nothing": [8.0, 9.0]},
        "Taylor": runs | {"macs": 2e6, "trained on": [3.0, 4.0]},
    }
    first, other = figures.tabulate_channels({"0.5": ways}).rows
    assert first[:5] == ["50%", "L1", "3.0 million", "9", "+40.0 [35.0, 45.0]"]
    assert (first[6], other[2], other[7]) == ("-", "2.0 million", "-")
    assert other[6].startswith("-2.5 [")


def test_the_groups_are_what_pruning_takes_together():
    rows = figures.draw_layer_groups(face_student()).rows
    small = list(find_layers(student.prune_student(0.5, round_to=1)).values())
    places = range(1, len(small) + 1)
    assert sorted(int(x) for row in rows for x in row[2].split(", ")) == list(places)
    together = next(row for row in rows if "," in row[2])
    (width,) = {len(small[int(x) - 1].weight) for x in together[2].split(", ")}
    assert width < int(together[1])


def test_each_pruned_layer_has_its_place():
    lost = Interval(1.5, 1.4, 1.6, 9)
    rows = figures.draw_sensitivity({"features.0": lost, "embedding.1": lost}).rows
    assert [row[:2] for row in rows] == [["1", "features.0"], ["2", "embedding.1"]]


def test_labels_in_place_of_images_show_nothing_but_the_label():
    train, _ = orl.split_photos(2, 0)
    fields = pruning.replace_by_labels(train)
    assert fields.images.shape == train.images.shape
    assert len(fields.images.flatten(1).unique(dim=0)) == train.people
    assert all(len(fields.images[train.person == who].unique(dim=0)) == 1 for who in range(3))
    assert torch.equal(fields.person, train.person)
