"""The experiments, figures and sliders of lesson 07 show what the lesson says."""

import re

import pytest
from torch import nn

from facecourse.kit import evidence
from facecourse.lesson07_pruning import exercises, figures
from facecourse.lesson07_pruning import experiment as pruning
from facelib.compress.layers import find_layers
from facelib.models import FaceResNet, face_student


@pytest.fixture
def few(monkeypatch, small_ladder):
    monkeypatch.setattr(pruning, "JUDGES", 40)
    for name in ("_whole", "try_library"):  # what they have remembered is of more people
        monkeypatch.setattr(pruning, name, getattr(pruning, name).__wrapped__)


def widths(model):
    layers = find_layers(model).items()
    return {name: one.out_channels for name, one in layers if isinstance(one, nn.Conv2d)}


@pytest.mark.parametrize("way", pruning.WAYS)
def test_widths_stay_multiples_of_8_and_the_first_layer_is_kept_unless_it_may_go(way):
    whole, together = face_student(), pruning.WAYS[way]
    before, after = widths(whole), widths(pruning.cut_channels(whole, 0.5, *together))
    assert all(width % pruning.STEP == 0 for width in after.values())
    assert (after[pruning.FIRST] == before[pruning.FIRST]) == (way != "first layer, too")
    shares = {after[name] / before[name] for name in pruning.GROUPS if name != pruning.FIRST}
    assert (shares == {0.5}) == (way == "each layer alike")
    assert widths(whole) == before


def test_a_plan_cuts_the_layers_it_names_and_what_hangs_together_with_them():
    whole = widths(face_student())
    cut = widths(pruning.cut_channels(face_student(), {"features.7": 0.25}, kept=()))
    together = {"features.7", "features.10.change.3", "features.11.change.3"}
    assert {name for name, width in cut.items() if width != whole[name]} == together
    assert cut["features.7"] == 48
    assert all(  # the groups are all that lose channels together
        widths(pruning.cut_channels(face_student(), {name: 0.5}, kept=())) != whole
        for name in pruning.GROUPS
    )
    every = pruning.cut_channels(face_student(), dict.fromkeys(pruning.GROUPS, 0.5), kept=())
    assert all(width < whole[name] for name, width in widths(every).items())


@pytest.mark.usefixtures("few")
def test_a_plan_is_tried_on_other_people_than_it_is_judged_by():
    plans = [pruning.try_plan({"features.7": 0.75}, fresh) for fresh in (None, 0, 1)]
    assert {round(gone, 2) for gone, _ in plans} == {0.48}
    assert len({lost for _, lost in plans}) > 1
    assert pruning.try_library(0.2)[0] >= 0.2


@pytest.mark.parametrize(
    ("mine", "library", "said"),
    [
        ((0.22, 1.0), (0.25, 9.0), "At least as many MACs"),
        ((0.25, 8.0), (0.25, 9.0), r"At most 7\.2 are allowed"),
        ((0.26, 6.0), (0.25, 9.0), None),
        ((0.26, 0.4), (0.25, -1.0), None),
        ((0.26, 0.6), (0.25, -1.0), r"At most 0\.5 are allowed"),
    ],
)
def test_a_plan_must_take_as_much_as_the_library_and_lose_less(monkeypatch, mine, library, said):
    monkeypatch.setattr(pruning, "try_plan", lambda *_: mine)
    monkeypatch.setattr(pruning, "try_library", lambda *_: library)
    found = exercises._judge_plan({"features.7": 0.25})
    assert found is None if said is None else re.search(said, found)


def test_bytes_are_those_of_weights_inputs_and_outputs():
    model = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.Flatten())
    assert pruning.count_traffic(model) == 4 * (18 + 64 * 64 + 2 * 64 * 64)


def test_a_network_has_its_work_its_bytes_and_its_time(monkeypatch):
    monkeypatch.setattr(pruning, "NETWORKS", {"tiny": lambda: FaceResNet(1, 4, (0, 0, 0)).eval()})
    monkeypatch.setattr(pruning, "SIDES", (16, 32))
    monkeypatch.setattr(pruning, "LONG", 1000)
    found = pruning.measure_speed(["tiny"], turns=1)
    (row,) = found["networks"].values()
    assert row["macs"] > 0 < row["bytes"]
    assert 0 < row["ms"] < 100
    assert min(found["roofs"].values()) > 0


@pytest.mark.usefixtures("few")
def test_the_slider_takes_as_many_weights_as_it_says(shown):
    slider, _ = figures.zeros_slider(people=12).children
    count, share = len(figures.flatten_weights(face_student())), slider.value
    slider.value = 0
    for said, gone, white in zip(shown, (share, 0), ("8", "0%"), strict=True):
        assert f"the {count - round(gone * count):,} weights that are left" in said
        assert f"in which {white}" in said


@pytest.mark.usefixtures("few")
def test_the_slider_shows_the_widths_that_are_left(shown):
    slider, menu, _ = figures.cut_slider().children
    assert "features.7 64 to 48" in shown[0]
    assert "features.10.change.3 64 to 48" in shown[0], "it adds to the same stream"
    slider.value, menu.value = 0.5, pruning.FIRST
    assert "features.0 16 to 8" in shown[-1]
    assert "features.7 64 to 64" in shown[-1]


def test_every_figure_says_what_it_shows(shown):
    stored = evidence.load("07")
    figures.draw_cuts(stored["cuts"], {"at once": 20.0}, face_student())
    nothing = stored["cuts"]["nothing"]["at once"].value
    assert f"single weights, at once, {nothing:.1f}" in shown[0]
    figures.draw_roofline(stored, stored)
    assert all(name in shown[1] for name in stored["networks"])
