"""Long-tailed people of lesson 10."""

import pytest
import torch
from facecourse.lesson10_harm import figures, imbalance
from torch.nn.functional import cross_entropy

from facecourse.kit import orl
from facelib.data import Augment

TAIL, EVEN, TEST = imbalance.make_long_tail(0)


def test_a_long_tail_has_as_many_photographs_as_the_even_spread_and_none_of_the_tested():
    again, other = (imbalance.make_long_tail(seed)[0].counts for seed in (0, 1))
    assert torch.equal(again, TAIL.counts)
    assert not torch.equal(other, TAIL.counts)  # the seed draws who is in the tail
    assert sorted(TAIL.counts.tolist()) == [1] * 10 + [2] * 6 + [5] * 4
    assert len(EVEN) == len(TAIL)
    assert int(EVEN.counts.max() - EVEN.counts.min()) == 1
    assert TEST.counts.tolist() == [5] * 20
    tested = {image.numpy().tobytes() for image in TEST.images}
    assert not tested & {
        image.numpy().tobytes() for faces in (TAIL, EVEN) for image in faces.images
    }


def test_everybody_is_drawn_as_often_if_chances_say_so():
    generator, cpu = torch.Generator().manual_seed(0), torch.device("cpu")
    for chance, least in ((1 / TAIL.counts, 60), (torch.ones(20), 20)):
        draw = imbalance.WeightedBatches(TAIL, chance[TAIL.person].float(), Augment())
        images, person = draw(2000, generator, cpu)
        assert images.shape == (2000, 1, 32, 32)
        drawn = torch.bincount(person, minlength=20)
        assert least <= int(drawn.min()) < 2 * least + 20
        assert (int(drawn.max()) < 150) == (least == 60)


def test_adjusted_logits_ask_more_of_those_who_are_seen_often():
    logits, person = torch.zeros(2, 2), torch.tensor([0, 1])
    adjusted = imbalance.AdjustedLoss(torch.tensor([0.8, 0.2]))
    often, seldom = (adjusted(logits[:1], person[i : i + 1]) for i in (0, 1))
    assert often.exp() == pytest.approx(1 / 0.8)
    assert seldom.exp() == pytest.approx(1 / 0.2)
    even = imbalance.AdjustedLoss(torch.tensor([0.5, 0.5]))
    assert even(logits + person, person) == pytest.approx(cross_entropy(logits + person, person))


def test_a_few_steps_name_the_head_better_than_chance_and_alike_each_time():
    first, second = (imbalance.train_by_method("plain", TAIL, 0, steps=30) for _ in range(2))
    right = orl.top1_per_person(first, TEST)
    assert right == orl.top1_per_person(second, TEST)
    assert figures.summarise_parts(right, TAIL.counts.tolist())["head"] > 0.3


@pytest.mark.parametrize("method", list(imbalance.METHODS)[1:])
def test_every_method_learns_something_else(method):
    plain, other = (imbalance.train_by_method(name, TAIL, 0, steps=3) for name in ("plain", method))
    assert not torch.equal(plain.head.weight, other.head.weight)
    if method in imbalance.WEIGHED:
        weak = imbalance.train_by_method(method, TAIL, 0, steps=3, strength=0.0)
        assert torch.allclose(plain.head.weight, weak.head.weight, atol=1e-4)


def test_a_summary_tells_the_mean_of_people_from_the_mean_of_photographs():
    found = figures.summarise_parts([1.0, 0.8, 0.0], [5, 2, 1])
    assert (found["head"], found["middle"], found["tail"]) == (1.0, 0.8, 0.0)
    assert found["everybody"] == pytest.approx(0.6)
    assert found["weighted as trained"] == pytest.approx(6.6 / 8)
    assert found["worst person"] == 0


def test_people_without_photographs_and_unknown_methods_are_refused():
    with pytest.raises(ValueError, match="'focal'"):
        imbalance.train_by_method("focal", TAIL, 0)
    with pytest.raises(ValueError, match="19 people"):
        imbalance.train_by_method("plain", TAIL.take(TAIL.person > 0), 0)
