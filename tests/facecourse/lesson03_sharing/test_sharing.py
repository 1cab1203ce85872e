"""The experiments and widgets of lesson 03 measure what the lesson says."""

from __future__ import annotations

import re

import pytest
import torch

from facecourse.kit import evidence
from facecourse.kit.orl import to_half
from facecourse.lesson03_sharing import experiment as sharing
from facecourse.lesson03_sharing import figures
from facelib import data, measure
from facelib.compress import share


@pytest.fixture(scope="module")
def faces():
    return data.orl().of_people([0, 1, 2])


@pytest.fixture(scope="module")
def dense(faces):
    """FaceCNN after a step, what it learnt from, and test faces."""
    return sharing.train_dense(faces, seed=0, steps=1)


def test_the_three_layers_give_maps_of_one_size_and_differ_as_the_lesson_says():
    faces = torch.rand(2, 1, *sharing.SIZE)
    count = {}
    for name, make in sharing.LAYERS.items():
        layer = make()
        assert layer(faces).shape == (2, sharing.CHANNELS, *sharing.MAP)
        count[name] = measure.parameters(layer), measure.macs(layer, (1, *sharing.SIZE))
    assert count["Conv2d"][0] == 416
    assert count["locally connected"][0] == 120 * 416
    assert count["locally connected"][1] == count["Conv2d"][1]
    assert count["Linear"] == (645 * 1920, 644 * 1920)


@pytest.mark.parametrize("kind", [*sharing.LAYERS, "FaceCNN", "FaceCNN, places kept"])
def test_each_network_learns_some_faces_and_is_tested_on_others(faces, kind):
    small = faces.map(sharing.to_quarter)
    model, _, test = sharing.train_kind(kind, small, photos=2, seed=0, steps=60)
    assert len(test) == 15
    assert sharing.top1_shifted(model, test) > 0.6


@pytest.mark.parametrize("kind", [*sharing.LAYERS, "FaceCNN"])
def test_a_seed_gives_one_network(faces, kind):
    small = faces.map(sharing.to_quarter)
    model, again = (sharing.train_kind(kind, small, 2, seed=0, steps=2)[0] for _ in range(2))
    for name, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])


def test_training_and_test_faces_do_not_meet(dense):
    _, train, test = dense
    seen = {image.numpy().tobytes() for image in train.images}
    assert (len(train), len(test)) == (6, 15)
    assert not seen & {image.numpy().tobytes() for image in test.images}


@pytest.mark.parametrize("frozen", [False, True])
def test_fine_tuning_works_on_a_copy_and_leaves_frozen_codebooks(dense, frozen):
    coarse, before = (share(dense[0], 2)[0] for _ in range(2))
    tuned = sharing.fine_tune(coarse, dense[1], seed=0, steps=2, frozen=frozen)
    for name, value in tuned.named_parameters():
        assert torch.equal(before.get_parameter(name), coarse.get_parameter(name))
        same = torch.equal(value, coarse.get_parameter(name))
        assert same == (frozen and name.endswith("weight.original")), name


def test_speeds_compares_each_with_its_rival(dense):
    rows = figures.time_layers(dense[0], share(dense[0], 4)[0], pairs=6).rows
    assert [len(row) for row in rows] == [2] * 5
    assert all(re.match(r"\d+\.\d+ \[", row[1]) for row in rows)


def test_the_tables_of_stored_runs_have_a_row_for_each_case():
    stored = evidence.load("03")
    plain = stored["top-1"]["as they are"]
    layers = figures.compare_layers(stored["top-1"]).rows
    assert [row[0][0] for row in layers] == ["1", "2", "5"] * 2
    moved = figures.compare_shifts(plain["5"]).rows
    assert [row[0] for row in moved] == [*sharing.LAYERS, *sharing.DEEP]
    books = figures.tabulate_codebooks(stored["codebook"]).rows
    assert [row[0] for row in books] == [str(values) for values in sharing.VALUES]
    assert len(stored["seeds"]) == len(plain["1"]["Conv2d"]["0"]) == 20


def test_another_kernel_gives_another_map_drawn_once(faces, capsys):
    box = figures.kernel_editor(to_half(faces.images[:1]).float() / 255)
    menu, grid, _ = box.children
    menu.value = "horizontal edges"
    assert [field.value for field in grid.children] == [-1, -2, -1, 0, 0, 0, 1, 2, 1]
    grid.children[4].value = 9
    tables = re.findall(r"^-?\d.*$", capsys.readouterr().out, re.MULTILINE)
    assert len(tables) == len(set(tables)) == 3


def test_a_map_of_a_convolution_moves_along_by_whole_strides_and_no_other_does(faces, capsys):
    stacks = {kind: sharing.build_kind(kind)[1:4] for kind in sharing.LAYERS}
    box = figures.shift_slider(sharing.to_quarter(faces.images[:1]).float(), stacks)
    for shift in (1, 4, 6, 8):
        capsys.readouterr()
        box.children[0].value = shift
        rows = re.findall(r"^(.+?) +(\d+) +([\d.]+) +([\d.]+)$", capsys.readouterr().out, re.M)
        assert [(name, int(pixels)) for name, pixels, *_ in rows] == [(n, shift) for n in stacks]
        linear, local, conv = ([float(value) for value in row[2:]] for row in rows)
        assert (conv[0] < 1e-3, conv[1] < 1e-3) == (shift % 2 == 0, shift % 4 == 0)
        assert min(*linear, *local) > 0.5


def test_more_bits_make_a_larger_file(dense, capsys):
    box = figures.codebook_slider(dense[0], dense[2], "features.1.0")
    sizes = []
    for bits in (1, 3, 6):
        capsys.readouterr()
        box.children[0].value = bits
        (line,) = re.findall(r"^(\d+ .*)$", capsys.readouterr().out, re.MULTILINE)
        values, *_, size, _ = line.split()
        assert int(values) == 2**bits
        sizes.append(int(size.replace(",", "")))
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 3
