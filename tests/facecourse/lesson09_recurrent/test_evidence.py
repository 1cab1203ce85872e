"""The evidence of lesson 09 at its smallest."""

import pytest
import torch

from facecourse.lesson09_recurrent import evidence as lesson09
from facecourse.lesson09_recurrent import experiment

pytestmark = pytest.mark.evidence


def test_every_start_reader_and_network_is_measured_at_the_rate_chosen_for_it(measure):
    rates = {"recall": (5e-3,), "people": (1e-2,), "rows": (4e-3,)}
    sizes = {"ASKED": (5,), "CHOSEN_AT": (5,), "BATCHES": 5, "STEPS": 4, "LEARNT": 60}
    stored = measure(
        lesson09, SEEDS=(0, 1), CHOICES=(100,), FEW=(0, 1), SPLITS=(0, 1), PHOTOS=(1,), TRIED=40,
        HELD_OUT=20, RATES=rates, **sizes,
    )  # fmt: skip
    assert list(stored["recall"]) == list(experiment.STARTS) == list(stored["rates"]["recall"])
    assert len(stored["recall"]["GRU"]["5"]) == 2
    tar, gains = stored["people"]["TAR"], stored["people"]["gains"]
    assert list(gains) == [name for name in tar if name != lesson09.MEAN]
    for name in ("last frame", lesson09.CELL):
        assert gains[name]["value"] == pytest.approx(100 * (tar[name] - tar[lesson09.MEAN]))
    assert tar[lesson09.MEAN] > tar["last frame"]
    assert list(stored["rows"]["1"]) == list(experiment.CLASSIFIERS)
    assert list(stored["rates"]["rows"]["1"]) == list(stored["rows_learnt"]["1"])
    assert [len(shares) for shares in stored["rows"]["1"]["GRU"]] == [20, 20]


def test_a_clip_without_a_clear_frame_is_pooled_whole():
    clips = experiment.render_clips(2, seed=2**27 + 3, spoilt=1.0)
    pooled = lesson09.pool_plainly(clips, clips.encode())
    told = pooled["mean of the clear frames (told which)"]
    torch.testing.assert_close(told, clips.embed().sum(1), atol=1e-5, rtol=0)
