"""The experiments and figures of lesson 09."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from facecourse.lesson09_recurrent import evidence, experiment, figures, nods
from facelib.measure import parameters
from facelib.models import recurrent
from facelib.training.losses import ContrastiveLoss

CLIPS = experiment.render_clips(6, seed=2**27 + 1)


def test_a_clip_shows_the_same_poses_in_two_orders():
    clips = experiment.render_clips(20, seed=2**27 + 2, spoilt=0.0)
    assert clips.images.shape == (40, experiment.FRAMES, 1, 64, 64)
    assert 5 < int(clips.right_first.sum()) < 35
    torch.testing.assert_close(clips.yaw[:, 1] > 0, clips.right_first)
    torch.testing.assert_close(clips.yaw.flip(1), -clips.yaw, atol=1e-4, rtol=0)
    torch.testing.assert_close(clips.yaw.mean(1), torch.zeros(40), atol=1e-4, rtol=0)
    assert not clips.spoilt.any()
    torch.testing.assert_close(clips.flatten().mean((1, 2)), torch.zeros(40), atol=1e-4, rtol=0)


def test_spoilt_frames_have_shorter_embeddings_and_lie_further_from_the_clear_ones():
    clear = experiment.render_clips(6, seed=2**27 + 1, spoilt=0.0)
    length = CLIPS.encode().norm(dim=2)
    assert length[~CLIPS.spoilt].mean() > 1.1 * length[CLIPS.spoilt].mean()
    alike = (CLIPS.embed() * clear.embed()).sum(2)
    assert alike[~CLIPS.spoilt].mean() > alike[CLIPS.spoilt].mean() + 0.1


def test_a_clip_without_a_clear_frame_is_pooled_whole():
    clips = experiment.render_clips(2, seed=2**27 + 3, spoilt=1.0)
    pooled = evidence.pool_plainly(clips, clips.encode())
    told = pooled["mean of the clear frames (told which)"]
    torch.testing.assert_close(told, clips.embed().sum(1), atol=1e-5, rtol=0)


def test_a_shuffled_clip_has_its_frames_in_another_order():
    frames = torch.arange(48.0).view(2, 8, 3)
    mixed = experiment.shuffle_frames(frames, seed=1)
    assert not torch.equal(mixed, frames)
    torch.testing.assert_close(mixed[:, :, 0].sort(1).values, frames[:, :, 0])
    torch.testing.assert_close(mixed[..., 1] - mixed[..., 0], torch.ones(2, 8))


@pytest.mark.parametrize("kind", [experiment.Attention, experiment.WeighingCell])
def test_a_reader_begins_as_the_mean_and_learns_which_clips_belong_together(kind):
    generator = torch.Generator().manual_seed(0)
    codes = torch.randn(40, 1, 16, generator=generator).repeat_interleave(2, 0)
    codes = codes + 2 * torch.randn(80, 8, 16, generator=generator)
    model, who, loss = kind(16), torch.arange(80) // 2, ContrastiveLoss()
    torch.testing.assert_close(model(codes), codes.mean(1))
    before = loss(model(codes), who)
    experiment.train_reader(model, codes, who, loss, rate=1e-2, steps=60)
    assert loss(model(codes), who) < before
    same = torch.allclose(model(codes), model(codes.flip(1)), atol=1e-4)
    assert same == (kind is experiment.Attention), "only a cell cares for order"


def test_an_open_gate_opens_the_gate_that_keeps():
    hidden = experiment.STATE
    for kind in ("GRU", "LSTM"):
        closed, opened = (experiment.build_cell(start, 0) for start in (kind, f"{kind}, gate open"))
        difference = opened.bias_hh_l0 - closed.bias_hh_l0
        assert difference[hidden : 2 * hidden].eq(recurrent.OPEN).all()
        assert difference.count_nonzero() == hidden
    turn = experiment.build_cell("RNN, orthogonal", 0).weight_hh_l0
    torch.testing.assert_close(turn @ turn.T, torch.eye(hidden), atol=1e-5, rtol=0)


def test_what_came_five_steps_ago_is_recalled_after_training_and_not_before():
    assert experiment.measure_recall("RNN", 5, seed=0, rate=5e-3, batches=150) > 0.95
    assert experiment.measure_recall("RNN", 5, seed=0, rate=5e-3, batches=0) < 0.6


def test_who_nods_twice_is_down_for_as_long_as_who_nods_once():
    down, twice = nods.plan_nods(400, torch.Generator().manual_seed(0))
    starts = (down[:, 1:] & ~down[:, :-1]).sum(1)
    assert torch.equal(starts, 1 + twice.long())
    assert not down[:, [0, -1]].any()
    total = down.sum(1).double()
    assert abs(total[twice].mean() - total[~twice].mean()) < 0.3
    frames, _ = nods.take_nods(3, seed=2**27 + 1, draw=0)
    assert frames.shape == (3 * nods.NOD_CLIPS, nods.NOD_FRAMES, 64)
    torch.testing.assert_close(frames.mean(1), torch.zeros(18, 64), atol=1e-4, rtol=0)


def test_networks_that_name_people_have_as_many_weights_each():
    sizes = [parameters(made()) for made in experiment.CLASSIFIERS.values()]
    assert max(sizes) < 1.01 * min(sizes)


def test_a_clip_is_drawn_and_sliders_show_another_frame_and_another_gate(capsys):
    figures.draw_unrolled(CLIPS.images[0])
    reader = SimpleNamespace(cell=nn.GRU(256, 8, batch_first=True), say=nn.Linear(8, 2))
    frame, _ = figures.state_slider(CLIPS, reader, row=1).children
    assert "Frame 8 of 8" in capsys.readouterr().out
    frame.value = 5
    assert "Frame 5 of 8" in capsys.readouterr().out
    gate, _ = figures.gate_slider(lambda cell: 0.5 ** torch.arange(4.0)).children
    assert "GRU, gate's bias 3" in capsys.readouterr().out
    gate.value = 1
    assert "GRU, gate's bias 1" in capsys.readouterr().out
