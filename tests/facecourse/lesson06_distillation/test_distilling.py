"""The experiments, tables and the slider of lesson 06 measure what the lesson says."""

import pytest
import torch
from torch import nn

from facecourse.kit import orl
from facecourse.lesson06_distillation import experiment as distilling
from facecourse.lesson06_distillation import figures
from facelib.data import FaceSet


@pytest.fixture(scope="module")
def photographs():
    return orl.split_photos(photos=1, seed=100, chosen_on=True)


@pytest.fixture(scope="module")
def master(photographs):
    return distilling.train_teacher(photographs[0], seed=100)


def agreement(student, master, images) -> float:
    said = (distilling.predict_logits(model, images).argmax(1) for model in (student, master))
    return float(torch.eq(*said).double().mean())


def test_a_student_starts_from_the_same_weights_whoever_teaches_it(photographs, master):
    train, _ = photographs
    start = distilling.build_student(train.people, seed=3).state_dict()
    for loss, asked in ((nn.CrossEntropyLoss(), None), (distilling.MatchLogits(), master)):
        model = distilling.train_student(loss, train, asked, seed=3, steps=1, rate=1e-9)
        for name, weight in start.items():
            if "running" not in name and "num_batches" not in name:
                torch.testing.assert_close(model.state_dict()[name], weight, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", distilling.TAUGHT_BY)
def test_each_loss_teaches_names(photographs, master, name):
    train, _ = photographs
    asked = None if "names" in name else master
    loss = distilling.TAUGHT_BY[name]()
    model = distilling.train_student(loss, train, asked, seed=100, steps=40, rate=1e-2)
    assert orl.top1(model, train) > 0.3


def test_a_student_without_names_comes_to_say_what_its_teacher_says(photographs, master):
    train, test = photographs
    drawn = distilling.PICTURES[distilling.MORE](100)
    assert len(drawn.faces) == 5 * train.people
    # of s21 to s40, where the lesson reports: here s1 to s20 stand in for them
    drawn.faces = orl.split_photos(5, 100, chosen_on=True)[0]
    start = distilling.build_student(train.people, 100)
    model = distilling.distil_unlabelled(drawn, master, train.people, 100, steps=80)
    assert agreement(model, master, test.images) > agreement(start, master, test.images) + 0.3


def test_the_pictures_of_others_show_nobody_who_is_named():
    others = distilling.PICTURES["five of each of twenty others"](0).faces
    named = orl.split_photos(5, 0)[0]
    assert (others.people, len(others)) == (20, 100)
    assert not set(others.names) & set(named.names)


def test_squared_probabilities_are_zero_for_the_same_softmax():
    logits = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    loss = distilling.SquaredProbabilities()
    person = torch.zeros(4, dtype=torch.int64)
    assert loss(logits + 3, (logits, person)).item() == pytest.approx(0, abs=1e-12)
    assert loss(-logits, (logits, person)).item() > 0.01


def test_students_that_embed_start_alike_and_see_the_same(monkeypatch):
    monkeypatch.setattr(distilling, "FACES", 16)
    models = [distilling.train_embedder(taught, seed=1, steps=2) for taught in (True, False)]
    again = distilling.train_embedder(True, seed=1, steps=2)
    first = [next(model.parameters()) for model in (*models, again)]
    assert torch.equal(first[0], first[2])
    assert not torch.equal(first[0], first[1])
    torch.testing.assert_close(first[0], first[1], atol=0.02, rtol=0)


def test_second_thoughts_leave_out_the_person_and_the_mean():
    said = torch.tensor([[9.0, 1, 3], [9, 3, 5], [0, 7, 4], [2, 2, 8]])
    thoughts = distilling.measure_resemblance(said, torch.tensor([0, 0, 1, 2]))
    wanted = torch.tensor([[0.0, -1, 1], [-2, 0, 2], [0, 0, 0]])
    torch.testing.assert_close(thoughts, wanted)


def test_teachers_that_say_the_same_agree_and_opposite_ones_do_not():
    one = torch.randn(6, 6, generator=torch.Generator().manual_seed(0))
    one = one.masked_fill(torch.eye(6, dtype=torch.bool), 0)
    rows = figures.tabulate_agreement({"a": one, "b": 2 * one, "c": -one}).rows
    assert [row[0] for row in rows] == ["a and b", "a and c", "b and c"]
    assert [float(row[1]) for row in rows] == pytest.approx([1, -1, -1], abs=1e-3)
    assert rows[0][2] == "6 of 6"


def test_the_most_alike_are_drawn_one_above_the_other():
    second = torch.zeros(4, 4)
    second[0, 2] = second[3, 1] = 1.0
    second[0, 1] = 0.9
    faces = FaceSet(torch.zeros(4, 1, 8, 8, dtype=torch.uint8), torch.arange(4), tuple("abcd"))
    names = figures.take_most_alike(second, faces, count=2).names
    pairs = {frozenset(pair) for pair in zip(names[:2], names[2:], strict=True)}
    assert pairs == {frozenset("02"), frozenset("13")}


def test_the_temperature_flattens_and_its_square_keeps_the_gradient(moved):
    logits = torch.tensor([[4.0, 1, 0], [0, 3, 2]])
    _, temperature, _ = figures.temperature_slider(logits, torch.tensor([0, 1])).children
    hot, cold = (float(moved(temperature, degrees)[-1]) for degrees in (10.0, 0.9))
    assert cold < 0.5 < 1.5 < hot < 1.585
    rows = figures.tabulate_gradients(0 * logits, logits, (1, 4)).rows
    plain, squared = ([float(row[column]) for row in rows] for column in (1, 2))
    assert plain[0] > 10 * plain[1]
    assert squared[0] < 3 * squared[1]


def test_other_photographs_are_of_the_same_people_and_neither_learnt_from_nor_tested_on():
    train, test = orl.split_photos(2, 0)
    other = distilling.take_other_photographs(2, 0)
    assert other.person.tolist() == train.person.tolist()
    known = {image.numpy().tobytes() for image in (*train.images, *test.images)}
    assert not known & {image.numpy().tobytes() for image in other.images}
