from unittest.mock import Mock

import pytest
import torch

from facecourse.kit import orl, transfer
from facelib.data import FaceSet
from facelib.models import FaceResNet


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
def model(faces):
    torch.manual_seed(0)
    return transfer.build_recogniser(FaceResNet(width=4, embedding=16).eval(), faces, seed=0)


def state(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def changed(before, module):
    after = module.state_dict()
    return {name for name in after if not torch.equal(before[name], after[name])}


def test_a_recogniser_takes_away_what_other_people_have_in_common(model, faces):
    features = torch.nn.functional.normalize(model.base(faces.images / 255)) - model.centre
    found = model.embed(faces.images / 255)
    assert torch.allclose(found, torch.nn.functional.normalize(features), atol=1e-6)
    assert model.centre.norm() > 0.1
    assert torch.allclose(model(faces.images / 255), model.head(10 * found), atol=1e-5)


def test_a_head_learns_from_as_many_views_however_few_faces_and_nothing_else_moves(
    model, faces, monkeypatch
):
    before, embed = state(model), Mock(wraps=model.embed)
    monkeypatch.setattr(model, "embed", embed)
    transfer.train_head(model, faces, seed=0)
    transfer.train_head(model, faces.take(faces.person < 3), seed=0)
    seen = sum(len(call.args[0]) for call in embed.call_args_list)
    assert seen == 18 * (400 // 18) + 9 * (400 // 9)
    assert changed(before, model) == {"head.weight", "head.bias"}


def test_fine_tuning_moves_the_groups_alone_and_learns_and_says_how_far_it_is(model, faces):
    before, last = state(model), model.base.embedding[1]
    groups = [{"params": last.parameters(), "lr": 1e-3}]
    transfer.tune_groups(model, groups, faces, seed=0, steps=2)
    assert changed(before, model) == {"base.embedding.1.weight"}
    assert not model.training
    before, steps = orl.top1(model, faces), []
    groups = [{"params": list(model.parameters()), "lr": 1e-2}]
    transfer.tune_groups(model, groups, faces, 0, 60, lambda _, step: steps.append(step))
    assert orl.top1(model, faces) > max(before, 0.6)
    assert steps == list(range(1, 61))


def test_adapting_freezes_or_trains_the_base_repeats_itself_and_smooths_names_as_asked(
    faces, monkeypatch
):
    def build():
        torch.manual_seed(0)
        return FaceResNet(2, 8).eval()

    monkeypatch.setitem(transfer.SOURCES, "synthetic faces", build)
    frozen, tuned, again = (
        transfer.adapt("synthetic faces", method, faces, seed=3, steps=2)
        for method in ("frozen", "all", "all")
    )
    assert changed(state(build()), frozen.base) == set()
    assert changed(state(build()), tuned.base)
    assert changed(state(tuned), again) == set()
    teacher, smoothed = (
        transfer.adapt("synthetic faces", "all", faces, seed=3, steps=20, smoothing=smoothing)
        for smoothing in (0.0, 0.9)
    )
    sure = [model(faces.images / 255).softmax(1).amax(1).mean() for model in (teacher, smoothed)]
    assert sure[0] > sure[1]
