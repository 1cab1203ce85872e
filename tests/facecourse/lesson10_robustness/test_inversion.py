"""An embedding turned back into a face."""

import pytest
import torch
from facecourse.lesson10_harm import figures, inversion

from facelib.measure import Interval, similarity
from facelib.synth import IDENTITY, NUISANCE, identities, synth

KNOWN = identities(400, seed=2**26)


@pytest.fixture(scope="module")
def attack():
    """Learnt for templates that are the identity's numbers, mixed, with noise on them."""
    return inversion.Inversion(template(KNOWN), KNOWN)


def template(people):
    """What a linear recogniser without a picture would store, float (N, 128)."""
    mixing = torch.randn(len(IDENTITY), 128, generator=torch.Generator().manual_seed(0))
    low, high = (torch.tensor([row[end] for row in IDENTITY.values()]) for end in (0, 1))
    return ((people.values - low) / (high - low)) @ mixing


def test_a_victim_has_four_photographs_the_careful_ones_more_alike():
    some = inversion.render_victims(12)
    assert some.usual.shape == some.careful.shape == (2, 12, 1, 64, 64)
    far, near = (
        (pair[0].float() - pair[1].float()).flatten(1).norm(dim=1).mean()
        for pair in (some.usual, some.careful)
    )
    assert near < far
    assert torch.equal(inversion.render_victims(3).people.values, some.people[:3].values)


def test_the_attackers_pictures_show_whom_he_says():
    images, who = inversion.render_attackers(3)
    assert images.shape == (6, 1, 64, 64)
    assert torch.equal(who.values[::2], who.values[1::2])
    assert torch.equal(images, synth(3, 2, inversion.ATTACKER).images)


def test_numbers_that_are_in_an_embedding_are_found(attack):
    others = identities(50, seed=2**26 + 1)
    leaks = attack.leaks(template(others), others)
    assert list(leaks) == list(IDENTITY)
    assert leaks["skin"] > 0.8
    random = torch.randn(50, 128, generator=torch.Generator().manual_seed(1))
    assert attack.leaks(random, others)["skin"] < 0.2


def test_people_found_are_people_however_wild_the_embedding(attack):
    wild = 100 * torch.randn(20, 128, generator=torch.Generator().manual_seed(1))
    people = attack.people(wild)
    has = people["beard"] != 0
    assert (people["beard"][has] >= IDENTITY["beard"].low).all()
    assert 0 < has.sum() < 20
    assert inversion.render_portraits(people).shape == (20, 1, 64, 64)


def test_a_rare_thing_is_there_above_half_of_its_least(attack, monkeypatch):
    numbers = identities(2, seed=2**26).set(glasses=0.0).values.clone()
    numbers[:, list(IDENTITY).index("glasses")] = torch.tensor([0.24, 0.26])
    monkeypatch.setattr(attack, "numbers", lambda embeddings: numbers)
    assert attack.people(torch.zeros(2, 128))["glasses"].tolist() == [0.0, 0.5]


def test_portraits_differ_by_the_person_alone():
    assert set(inversion.PORTRAIT) == set(NUISANCE)
    first = inversion.render_portraits(KNOWN[:2])
    assert torch.equal(first[1:], inversion.render_portraits(KNOWN[1:2]))
    assert not torch.equal(first[0], first[1])


def test_templates_of_three_kinds_point_the_same_way():
    whole, small, signs = inversion.make_templates(synth(6, 1, seed=2**26 + 2).images).values()
    assert (whole * small).sum(1).min() > 0.7
    assert set(signs.unique().tolist()) == {-1.0, 1.0}
    assert similarity(whole, signs).argmax(1).tolist() == list(range(6))


def test_a_judge_knows_people_he_has_not_learnt_from(monkeypatch):
    monkeypatch.setattr(inversion, "COMPONENTS", 30)
    recognise = inversion.train_judge(inversion.grey_pixels, synth(40, 4, seed=inversion.JUDGE))
    some = inversion.render_victims(16)
    true = inversion.render_portraits(some.people)
    found = inversion.reidentify({"true": true, "black": 0 * true}, some, recognise)
    assert list(found) == ["another photograph", "true", "black", "somebody else's"]
    assert found["true"]["rank 1"].value > 0.2
    assert found["true"]["accepted"].value > found["black"]["accepted"].value
    assert found["somebody else's"]["rank 1"].value < 0.2


def test_rank_1_and_acceptance_are_those_of_the_place():
    gallery = torch.eye(4)
    probes = gallery[[0, 1, 3, 2]]
    assert inversion.rank1_interval(probes, gallery).value == 0.5
    assert inversion.accepted_interval(probes, gallery, gallery, 0.1).value == 0.5
    assert inversion.accepted_interval(gallery, gallery, gallery, 0.1).value == 1


def test_a_rotation_keeps_cosines_and_as_many_pairs_as_numbers_undo_it():
    generator = torch.Generator().manual_seed(0)
    stored, known = torch.randn(300, 32, generator=generator).split((100, 200))
    secret = inversion.draw_rotation(32)
    hidden = stored @ secret
    torch.testing.assert_close(similarity(hidden, hidden), similarity(stored, stored))
    assert similarity(hidden, stored).diagonal().abs().mean() < 0.4
    assert torch.equal(inversion.rotate_back(hidden, known[:0], known[:0]), hidden)
    few, enough = (inversion.rotate_back(hidden, known[:k] @ secret, known[:k]) for k in (8, 40))
    torch.testing.assert_close(enough, stored, atol=1e-4, rtol=0)
    assert similarity(few, stored).diagonal().mean() < 0.9


def test_faces_are_shown_in_a_row_for_each_kind(capsys):
    some = inversion.render_victims(3)
    figures.draw_reconstructions(some, {"128 numbers": some.careful[0]})
    assert "from 128 numbers; portraits" in capsys.readouterr().out


def test_judges_stand_side_by_side_and_leaks_name_the_best_and_the_sensitive():
    half = Interval(0.5, 0.4, 0.6, 10)
    judges = {"pixels": {"true": {"rank 1": half, "accepted": half}}}
    table = figures.tabulate_judges(judges)
    assert table.head == ["shown", "pixels, named rightly", "pixels, accepted at 1 % FAR"]
    assert table.rows == [["true", *["50.0% [40.0%, 60.0%]"] * 2]]
    whole = {"nose": 0.1, "chin": 0.9, "brow": 0.5, "age": 0.2}
    leaks = {"whole": whole, "signs": dict.fromkeys(whole, 0.0)}
    rows = figures.tabulate_leaks(leaks, best=1).rows
    assert rows == [["chin", "0.90", "0.00"], ["age", "0.20", "0.00"]]
