"""The experiments of lesson 09."""

import pytest
import torch
from torch import nn

from facecourse.lesson09_recurrent import clips as sequences
from facecourse.lesson09_recurrent import figures, memory
from facelib.models import recurrent
from facelib.models.recurrent import CELLS, Elman

CLIPS = sequences.render_clips(6, seed=2**27 + 1)


def test_a_clip_shows_the_same_poses_in_two_orders():
    clips = sequences.render_clips(20, seed=2**27 + 2, spoilt=0.0)
    assert clips.images.shape == (40, sequences.FRAMES, 1, 64, 64)
    assert 5 < int(clips.right_first.sum()) < 35
    torch.testing.assert_close(clips.yaw[:, 1] > 0, clips.right_first)
    torch.testing.assert_close(clips.yaw.flip(1), -clips.yaw, atol=1e-4, rtol=0)
    torch.testing.assert_close(clips.yaw.mean(1), torch.zeros(40), atol=1e-4, rtol=0)
    assert not clips.spoilt.any()


def test_spoilt_frames_lie_further_from_the_clear_ones():
    codes = CLIPS.codes()
    assert codes.shape == (12, sequences.FRAMES, sequences.CODE)
    clear = sequences.render_clips(6, seed=2**27 + 1, spoilt=0.0).codes()
    turned = (codes * clear).sum(2)
    assert turned[~CLIPS.spoilt].mean() > turned[CLIPS.spoilt].mean() + 0.1


def test_a_shuffled_clip_has_its_frames_in_another_order():
    frames = torch.arange(48.0).view(2, 8, 3)
    mixed = sequences.shuffle_frames(frames, seed=1)
    assert not torch.equal(mixed, frames)
    torch.testing.assert_close(mixed[:, :, 0].sort(1).values, frames[:, :, 0])
    torch.testing.assert_close(mixed[..., 1] - mixed[..., 0], torch.ones(2, 8))


@pytest.mark.parametrize("kind", ["weighted mean", *CELLS])
def test_a_reader_learns_which_clips_belong_together(kind):
    generator = torch.Generator().manual_seed(0)
    people = torch.randn(40, 1, sequences.CODE, generator=generator).repeat_interleave(2, 0)
    codes = people + 2 * torch.randn(80, 8, sequences.CODE, generator=generator)
    reader = sequences.train_clip_embedder(kind, codes, steps=60)
    before = sequences.verify_clips(lambda frames: frames[:, -1], codes).auc
    assert sequences.verify_clips(reader, codes).auc > before
    twice = (sequences.train_clip_embedder(kind, codes, steps=2)(codes) for _ in range(2))
    assert torch.equal(*twice)


def test_only_the_weighted_mean_does_not_care_for_order():
    torch.manual_seed(0)
    codes = torch.randn(4, 8, sequences.CODE)
    for kind in ("weighted mean", "GRU"):
        reader = sequences.ClipEmbedder(kind)
        nn.init.normal_(reader.weigh[2].weight if kind not in CELLS else reader.add.weight)
        same = torch.allclose(reader(codes), reader(codes.flip(1)), atol=1e-5)
        assert same == (kind == "weighted mean"), kind


def test_an_order_is_told_by_a_cell_and_by_nothing_that_takes_the_mean():
    torch.manual_seed(0)
    rising = torch.rand(64) < 0.5
    ramp = torch.linspace(-1, 1, 8)[None, :, None] * torch.ones(64, 1, 3)
    frames = torch.where(rising[:, None, None], ramp, -ramp)
    teller = sequences.train_clip_classifier("GRU", frames, rising, steps=60)
    assert sequences.score_labels(teller, frames, rising) == 1
    assert sequences.score_labels(teller, frames.flip(1), rising) == 0
    mean = sequences.train_clip_classifier("mean", frames, rising, steps=60)
    assert 0.3 < sequences.score_labels(mean, frames, rising) < 0.7


def test_networks_that_name_people_have_as_many_weights_each():
    sizes = [sum(p.numel() for p in made().parameters()) for made in sequences.CLASSIFIERS.values()]
    assert max(sizes) < 1.01 * min(sizes)


def test_sets_of_photographs_are_named_by_one():
    one, sets = sequences.embed_orl_sets(0)
    assert (one.shape, sets.shape) == ((20, 128), (20, 4, 128))
    assert sequences.score_sets(lambda frames: frames.mean(1), one, sets) > 0.8
    mixed = sets[torch.randperm(20, generator=torch.Generator().manual_seed(0))]
    assert sequences.score_sets(lambda frames: frames.mean(1), one, mixed) < 0.5


def test_gradients_vanish_stay_and_explode():
    vanish, stay, explode = (
        memory.measure_gradient(start, 64, 0) / memory.measure_gradient(start, 1, 0)
        for start in ("RNN", "RNN, orthogonal", "RNN, orthogonal times 1.5")
    )
    assert vanish < 1e-9 < 1e-3 < stay < 1 < 10 < explode
    for kind in ("GRU", "LSTM"):
        opened = memory.measure_gradient(f"{kind}, gate open", 64, 0)
        assert opened > 1e3 * memory.measure_gradient(kind, 64, 0)


def test_an_open_gate_opens_the_gate_that_keeps():
    for kind in ("GRU", "LSTM"):
        closed, opened = (memory.build_cell(start, 0) for start in (kind, f"{kind}, gate open"))
        difference = opened.bias_hh_l0 - closed.bias_hh_l0
        hidden = memory.HIDDEN
        assert difference[hidden : 2 * hidden].eq(recurrent.OPEN).all()
        assert difference.count_nonzero() == hidden
        state = torch.randn(1, 1, hidden)
        old = (state, state) if kind == "LSTM" else state
        _, new = opened(torch.zeros(1, 1, memory.INPUTS), old)
        new = new[1] if kind == "LSTM" else new
        assert torch.cosine_similarity(new.flatten(), state.flatten(), 0) > 0.95


def test_what_came_five_steps_ago_is_recalled_after_training_and_not_before():
    right, lengths = memory.measure_recall("RNN", 5, steps=150)
    assert right > 0.95
    assert len(lengths) == 150
    assert memory.measure_recall("RNN", 5, steps=1)[0] < 0.6


def test_the_library_with_the_same_weights_says_the_same_and_uses_add_up():
    torch.manual_seed(0)
    ours, clips = Elman(5, 16, 2), torch.randn(4, 12, 5)
    library = memory.copy_to_library(ours)
    states, theirs = ours(clips)[1], library(clips)[0]
    torch.testing.assert_close(states, theirs, atol=1e-6, rtol=0)
    (shared,) = torch.autograd.grad(states[:, -1].sum(), ours.remember.weight)
    (its,) = torch.autograd.grad(theirs[:, -1].sum(), library.weight_hh_l0)
    each = memory.split_gradient(ours, clips)
    assert each.shape == (12, 16, 16)
    assert each[0].eq(0).all()  # the state before the first step is zero
    torch.testing.assert_close(shared, its, atol=1e-5, rtol=0)
    torch.testing.assert_close(each.sum(0), shared, atol=1e-5, rtol=0)
    assert figures.draw_uses(each).rows[0][0] == "0.000"


def test_clipped_gradients_stand_beside_those_that_were_not():
    way = {"recalled": [0.5, 0.7], "longest gradient": [30.0, 2.0]}
    other = {"recalled": [0.4, 0.6], "longest gradient": [3000.0, 2.0]}
    table = figures.compare_clipping({"RNN": {"clipped to 1": way, "as they come": other}})
    assert table.rows == [["RNN", "60%", "50%", "+10.0 [10.0, 10.0]", "30", "3,000"]]


def test_frames_a_second_are_of_both_shipped_networks_and_a_cell():
    big, _, cell = figures.time_frames(repeats=3).rows
    assert float(big[1]) * float(big[2].replace(",", "")) == pytest.approx(1000, rel=0.1)
    assert float(cell[1]) < float(big[1])


def test_a_speller_knows_what_a_table_of_pairs_cannot():
    text = "abacabac" * 3
    letters, alphabet = memory.encode_letters(text)
    assert alphabet == "abc"
    assert letters.shape == (1, 24, 3)
    said = memory.train_speller(text)(letters[:, :-1])[0][0].argmax(1)
    assert (said == letters[0, 1:].argmax(1)).double().mean() > 0.9


def test_the_scrubber_shows_another_frame_and_what_is_said_by_then(capsys):
    frames = sequences.flatten_frames(CLIPS.images)
    assert frames.shape == (12, 8, 256)
    torch.testing.assert_close(frames.mean((1, 2)), torch.zeros(12), atol=1e-4, rtol=0)
    slider, _ = figures.scrubber(CLIPS, sequences.ClipClassifier("GRU", 256)).children
    first = capsys.readouterr().out
    slider.value = 5
    second = capsys.readouterr().out
    assert f"{CLIPS.yaw[0, 0]:+.0f}" in first
    assert f"{CLIPS.yaw[0, 4]:+.0f}" in second
    assert first != second


def test_tables_have_a_row_for_each_that_was_measured():
    runs = {"1": [1.0, 2.0], "2": [0.5, 0.25]}
    assert figures.draw_gradients({"RNN": runs, "GRU": runs}).rows == [
        [start, "1.5e+00", "3.8e-01"] for start in ("RNN", "GRU")
    ]
    (row,) = figures.tabulate_recall({"RNN": {"10": [0.2, 0.4]}}).rows
    assert row == ["RNN", "30% (20% to 40%)"]
    clips, better = (
        [{"AUC": 0.9, "TAR at 1 % FAR": tar} for tar in run] for run in ((0.8, 0.9), (0.82, 0.92))
    )
    found = {
        "mean of the frames": {"clips": clips, "shuffled": clips, "ORL sets": [0.9, 1.0]},
        "GRU": {"clips": better, "shuffled": clips, "ORL sets": [0.8, 0.9]},
    }
    plain, cell = figures.compare_readers(found).rows
    assert plain == ["mean of the frames", "85.0%", "-", "85.0%", "95.0%", "-"]
    assert cell[1] == "87.0%"
    assert cell[2].startswith("+2.0 [2.0")
    assert cell[5].startswith("-10.0")
