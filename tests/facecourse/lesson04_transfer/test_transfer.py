from unittest.mock import Mock

import pytest
import torch

from facecourse.kit import compare, orl, protocol, transfer
from facecourse.lesson04_transfer import experiment, figures
from facelib.data import FaceSet
from facelib.models import FaceResNet
from facelib.synth import IDENTITY, identities, nuisances


@pytest.fixture
def faces():
    """Six people who differ in the height of a white bar, three photographs each."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(100, (18, 1, 64, 64), generator=generator, dtype=torch.uint8)
    person = torch.arange(6).repeat_interleave(3)
    for image, who in zip(images, person, strict=True):
        image[0, 10 * who : 10 * who + 8] = 255
    return FaceSet(images, person, tuple("abcdef"))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return transfer.Recogniser(FaceResNet(width=4, embedding=16), people=6).eval()


def state(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def changed(before, module):
    after = module.state_dict()
    return {name for name in after if not torch.equal(before[name], after[name])}


def test_a_new_layer_learns_from_as_many_views_however_few_faces_and_nothing_else_moves(
    model, faces, monkeypatch
):
    before, embed = state(model), Mock(wraps=model.base.embed)
    monkeypatch.setattr(model.base, "embed", embed)
    transfer.train_new_layer(model, faces, seed=0)
    transfer.train_new_layer(model, faces.take(faces.person < 3), seed=0)
    seen = sum(len(call.args[0]) for call in embed.call_args_list)
    assert seen == 18 * (400 // 18) + 9 * (400 // 9)
    assert changed(before, model) == {"head.weight", "head.bias"}


def test_tuning_moves_the_parts_named_and_freezes_the_rest_running_means_too(model, faces):
    before = state(model)
    late = transfer.split_thirds(model.base)[2]
    transfer.tune(model, faces, [(late, 1e-3), ([model.head], 1e-3)], seed=0, steps=2)
    names = {module: name for name, module in model.named_modules()}
    mine = {names[module] for module in [*late, model.head]}
    moved = changed(before, model)
    assert {name.rpartition(".")[0] for name in moved} <= mine
    assert "head.weight" in moved
    assert any("running_mean" in name for name in moved)
    assert not model.training
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_a_lower_rate_moves_a_layer_less(model, faces):
    early, _, late = transfer.split_thirds(model.base)
    before = [part[0].weight.detach().clone() for part in (early, late)]
    transfer.tune(model, faces, [(early, 1e-5), (late, 1e-2)], seed=0, steps=2)
    moved = zip((early, late), before, strict=True)
    slow, fast = ((part[0].weight - then).abs().max().item() for part, then in moved)
    assert 0 < slow < fast / 100


def test_tuning_learns_the_names(model, faces):
    before = orl.top1(model, faces)
    transfer.tune(model, faces, [(transfer.list_layers(model), 1e-2)], seed=0, steps=60)
    assert orl.top1(model, faces) > max(before, 0.6)


def test_the_same_seed_gives_the_same_network(faces, monkeypatch):
    monkeypatch.setitem(transfer.SOURCES, "nothing", lambda: FaceResNet(2, 8))
    one, two = (transfer.adapt("nothing", "at once", faces, 3, steps=2) for _ in range(2))
    assert changed(state(one), two) == set()


def test_methods_train_the_new_layer_first_and_leave_what_they_continue_from(model, faces):
    transfer.train_new_layer(model, faces, seed=0)
    before = state(model)
    tuned = transfer.adapt_further(model, "batch norm", faces, seed=0, steps=1)
    assert changed(before, model) == set()
    assert all(before[name].ndim < 4 for name in changed(before, tuned))  # no convolution


def test_deeper_methods_move_more_numbers(model):
    counts = [transfer.count_moved(model, method) for method in transfer.DEPTHS]
    assert counts == sorted(set(counts))
    assert counts[0] == 0
    assert counts[-1] == sum(p.numel() for p in model.base.parameters())
    assert 0 < transfer.count_moved(model, "batch norm") < counts[1]


def test_thirds_are_all_layers_once_in_order(model):
    parts = transfer.split_thirds(model.base)
    assert [layer for part in parts for layer in part] == transfer.list_layers(model.base)
    assert max(map(len, parts)) - min(map(len, parts)) <= 2


def test_a_split_is_dealt_alike_to_every_method_and_choices_are_made_on_other_people():
    train, test = orl.split_photos(2, seed=0)
    again, _ = orl.split_photos(2, seed=0)
    chosen, _ = orl.split_photos(2, seed=0, chosen_on=True)
    assert torch.equal(train.images, again.images)
    assert (len(train), len(test)) == (40, 100)
    assert train.names == test.names == protocol.unseen_people().names
    assert chosen.names == protocol.open_people().names


@pytest.mark.parametrize("shift", experiment.SHIFTS)
def test_shifts_keep_shape_and_kind(faces, shift):
    found = experiment.SHIFTS[shift](faces.images)
    assert (found.shape, found.dtype) == (faces.images.shape, torch.uint8)
    assert torch.equal(found, faces.images) == (shift == "as they are")


def test_pixels_find_a_photograph_among_themselves(faces):
    assert orl.nearest_top1(None, faces, faces) == 1


def test_left_in_training_mode_moves_statistics_and_no_weight(model, faces):
    before = state(model.base)
    experiment.run_in_training_mode(model.base, faces.images, batch=2, batches=3)
    moved = {name.rpartition(".")[2] for name in changed(before, model.base)}
    assert moved == {"running_mean", "running_var", "num_batches_tracked"}
    assert not model.base.training


def test_in_training_mode_a_face_depends_on_its_batch_and_the_network_stays(model, faces):
    before = state(model.base)
    embed = experiment.embed_in_training_mode
    pairs, triples = (embed(model.base, faces.images, batch) for batch in (2, 3))
    assert not torch.allclose(pairs, triples, atol=1e-3)
    assert changed(before, model.base) == set()


def test_the_three_tasks_name_the_same_pictures():
    tasks = "who", "how", "chance"
    who, how, chance = (experiment.render_labelled(task, people=6, images=3) for task in tasks)
    assert torch.equal(who.images, how.images)
    assert torch.equal(who.images, chance.images)
    assert who.person.tolist() == [p for p in range(6) for _ in range(3)]
    assert not torch.equal(chance.person, who.person)
    assert torch.equal(chance.person.bincount(), who.person.bincount())
    photos = nuisances(18, seed=1)
    assert ((photos["yaw"] > 12.9) <= (how.person >= 15)).all()


def test_the_reader_finds_a_linear_rule():
    embeddings = torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    attributes = embeddings @ torch.tensor([[1.0, 0], [0, 2], [0, 0], [0, 0], [0, 0]]) + 3
    reader = experiment.AttributeReader(embeddings, attributes, ridge=1e-6)
    assert torch.allclose(reader(embeddings), attributes, atol=1e-3)


def test_descriptions_are_identity_factors_between_0_and_1():
    assert set(experiment.ATTRIBUTES) <= IDENTITY.keys()
    found = experiment.describe_people(identities(50))
    assert found.shape == (50, len(experiment.ATTRIBUTES))
    assert 0 <= float(found.min()) <= float(found.max()) <= 1


def test_the_lowest_loss_parts_what_can_be_parted():
    scores = torch.tensor([0.1, 0.2, 0.7, 0.9])
    left, right = torch.tensor([0, 0, 0, 1]), torch.tensor([1, 2, 0, 1])
    assert experiment.find_lowest_loss((scores, left, right)) == pytest.approx(0.7)


def test_a_threshold_of_the_targets_own_kind_is_judged_beside_the_sources(monkeypatch):
    person = torch.arange(12).repeat_interleave(3)
    grey = (18 * person + torch.arange(36) % 3 + 20).byte().view(-1, 1, 1, 1).expand(-1, 1, 64, 64)
    people = FaceSet(grey.contiguous(), person, tuple("abcdefghijkl"))
    for name in ("open_people", "unseen_people"):
        monkeypatch.setattr(experiment, name, lambda: people)
    monkeypatch.setattr(experiment, "synth", lambda *_, **__: people)

    class Grey(torch.nn.Linear):
        def embed(self, images):
            angle = images.mean((1, 2, 3)) * 2
            return torch.stack([angle.cos(), angle.sin()], 1)

    found, gain = experiment.choose_aims(Grey(1, 1), experiment.SHIFTS["darker"], people=12)
    (source, agreement, source_loss), (target, _, loss) = found["f_src"], found["f_tar"]
    assert agreement == 1
    assert target < source
    assert loss < source_loss
    assert gain.value == pytest.approx(source_loss - loss)


def shares(*values):
    """Of four splits, the same of each of three people, but for a little that splits share."""
    return [[v + wobble for v in values] for wobble in (0.0, 0.01, -0.01, 0.0)]


def test_verdicts_say_yes_no_and_undecided():
    high, low, mixed = shares(0.9, 0.91, 0.89), shares(0.5, 0.52, 0.49), shares(0.1, 0.99, 0.9)
    claims = {"1": (high, low), "2": (low, high), "3": (high, mixed), "4": (high, low[:2])}
    table = compare.decide(claims)
    verdicts = [("4", "yes"), ("4", "no"), ("4", "undecided"), ("2", "yes")]
    assert [(row[4], row[-1]) for row in table.rows] == verdicts


def test_intervals_are_about_people_and_not_about_splits():
    alike, uneven = map(compare.top1_interval, (shares(0.5, 0.5, 0.5), shares(0.0, 0.5, 1.0)))
    assert (alike.value, uneven.value) == pytest.approx((0.5, 0.5))
    assert alike.high - alike.low < 0.001
    assert uneven.high - uneven.low > 0.5
    assert (uneven.n, uneven.of) == (3, "people")


def test_rivals_are_compared_wherever_both_were_measured():
    stored = stored_runs() | {"2": {"nothing": {"at once": {"as they are": shares(0.1, 0.2)}}}}
    arms = ("synthetic faces", "all"), ("nothing", "at once")
    (row,) = figures.compare_arms(stored, arms).rows
    assert row[0] == "synthetic faces, all; or nothing, at once? 1 of each"


def test_harm_is_measured_against_the_same_network_untrained():
    nothing = {"own task": [0.0], "nearest": shares(0.7, 0.7), "tuned": shares(0.5, 0.6)}
    how = {"own task": [0.4, 0.6], "nearest": shares(0.2, 0.3), "tuned": shares(0.8, 0.9)}
    table = figures.compare_tasks({"nothing": nothing, "how": how}, shares(0.6, 0.6))
    assert [row[-1] for row in table.rows] == ["yes", "no", "yes"]
    assert table.rows[1][0].startswith("learnt how (50% right)")


def stored_runs():
    hits = {"as they are": shares(0.7, 0.8, 0.9)}
    ways = dict.fromkeys(transfer.DEPTHS, hits)
    return {"1": {"nothing": {"at once": hits}, "synthetic faces": ways}}


def test_the_slider_compares_the_depth_chosen(shown):
    menu, slider, _ = figures.depth_slider(stored_runs()).children
    assert (menu.options, len(shown)) == (("1",), 1)
    slider.value = 0
    assert len(shown) == 2


def test_the_tables_of_shifts_have_a_column_for_each():
    good, bad = (
        dict.fromkeys(experiment.SHIFTS, shares(*values)) for values in ((0.5, 0.7), (0.4, 0.4))
    )
    stored = {"a": {"b": good, "c": bad}}
    table = figures.tabulate_shifts(stored, {"mine": ("a", "b")})
    assert table.head == ["top-1 on test faces", *experiment.SHIFTS]
    assert table.rows == [["mine", *["0.600"] * 4]]
    table = figures.compare_under_shifts(stored, {"b, or c": (("a", "b"), ("a", "c"))})
    assert table.rows == [["b, or c", *["+20.0 [10.0, 30.0]"] * 4]]


def test_each_person_has_a_share_of_their_own():
    person = torch.tensor([0, 0, 1, 1])
    faces = FaceSet(torch.zeros(4, 1, 2, 2, dtype=torch.uint8), person, ("a", "b"))
    assert orl.share_by_person(torch.tensor([0, 0, 1, 0]), faces) == [1.0, 0.5]


def test_tight_people_have_a_small_ratio(capsys):
    person = torch.arange(8).repeat_interleave(4)
    noise = torch.randn(32, 8, generator=torch.Generator().manual_seed(0))
    tight, loose = torch.eye(8)[person] + 0.01 * noise, noise
    table = figures.draw_maps({"tight": tight, "loose": loose}, person)
    assert float(table.rows[0][3]) < 0.1 < 0.8 < float(table.rows[1][3])
    assert "8 people in two dimensions" in capsys.readouterr().out


def test_the_costs_of_five_networks_are_counted(monkeypatch):
    for name in ("efficientnet_lite0", "vgg16", "resnet18", "inception_v3"):
        monkeypatch.setattr(figures.backbones, name, lambda: torch.nn.Conv2d(3, 2, 3))
    rows = figures.time_backbones(repeats=2).rows
    assert (rows[1][0], rows[1][3]) == ("face embedding", "1.2 million")
    assert [row[2] for row in rows] == ["224 px", "64 px", "224 px", "224 px", "299 px"]
