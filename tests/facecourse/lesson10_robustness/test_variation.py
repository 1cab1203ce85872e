"""The experiments of lesson 10 about variation and groups."""

from dataclasses import replace

import pytest
import torch
from facecourse.lesson10_harm import cards, fairness, figures, variation
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate

from facecourse.kit import evidence
from facecourse.kit.orl import STILL
from facecourse.kit.scoreboard import Scoreboard
from facelib.data import corrupt
from facelib.measure import Interval, parameters
from facelib.measure.groups import group_errors
from facelib.models import FaceResNet, embed
from facelib.synth import synth

PEOPLE = 12


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return FaceResNet(4, 16, (0, 0, 1)).eval()


@pytest.mark.parametrize("name", variation.AMOUNTS)
def test_a_factor_changes_the_picture_the_more_there_is_of_it(name):
    first, *_, last = variation.AMOUNTS[name]
    none, little, much = (
        variation.render_changed(PEOPLE, name, amount).float()
        for amount in (first, variation.AMOUNTS[name][1], last)
    )
    assert none.shape == (PEOPLE, 1, 64, 64)
    assert 0 < (little - none).abs().mean() < (much - none).abs().mean()


def test_another_photograph_shows_the_same_people_in_other_surroundings():
    good = variation.render_good(PEOPLE, variation.TRIED).float()
    same = variation.render_changed(PEOPLE, "yaw, degrees", 0).float()
    face = (slice(None), slice(None), slice(20, 44), slice(20, 44))
    apart = (same[face] - good[face].roll(1, 0)).abs().mean()
    assert 0 < (same[face] - good[face]).abs().mean() < apart


def test_rates_count_genuine_and_impostor_pairs():
    gallery = torch.eye(4)
    probes = torch.eye(4)[[0, 1, 2, 0]]  # the last one looks like the first person
    found = variation.measure_rates(gallery, probes, 0.5)
    assert found["TAR"].value == 0.75
    assert found["FAR"].value == pytest.approx(1 / 12)


def test_a_sweep_has_every_network_and_amount(model, monkeypatch):
    monkeypatch.setattr(variation, "AMOUNTS", {"smile": (0, 0.25)})
    found = variation.sweep_rendered({"a": model, "b": model}, PEOPLE, {"a": -1.0, "b": 1.0})
    for network, share in (("a", 1), ("b", 0)):
        assert list(found[network]["smile"]) == ["0", "0.25"]
        last = found[network]["smile"]["0.25"]
        assert last["TAR"].value == last["FAR"].value == share


def test_orl_is_swept_with_a_threshold_of_other_people(model, monkeypatch):
    monkeypatch.setattr(variation.verify, "RESAMPLES", 100)
    monkeypatch.setitem(variation.AMOUNTS, "blur, pixels", (0, 4))
    monkeypatch.setattr(variation, "SPOILT", {"blur, pixels": corrupt.blur})
    found = variation.sweep_orl(model)["blur, pixels"]
    assert found["4"]["TAR"].value < found["0"]["TAR"].value
    assert found["0"]["change of TAR"].value == 0
    assert found["0"]["FAR"].value == pytest.approx(0.01, abs=0.02)


def test_a_cure_is_one_of_several_and_leaves_the_test_as_it_is():
    generator = torch.Generator().manual_seed(0)
    images = synth(2, 2, seed=1).images
    seen = {name: cure(images, generator) for name, cure in variation.CURES.items()}
    assert variation.CURES["as they are"] is STILL
    torch.testing.assert_close(seen["as they are"], images.float() / 255, atol=1e-4, rtol=0)
    for name in ("moved and relit", "accidents", "both"):
        assert seen[name].shape == images.shape
        assert (seen[name] - images.float() / 255).abs().mean() > 0.02, name
    found = variation.measure_cure("as they are", seed=0, epochs=1)
    assert list(found) == ["as they are", *variation.ILLS, "moved"]
    assert all(0 <= value <= 1 for value in found.values())


def test_decisions_are_those_of_group_errors(model):
    faces = synth(40, 3, seed=2**29 + 5)
    codes = embed(model, faces.images)
    at = 0.9
    same, accepted, group = fairness.decide_pairs(codes, faces, at)
    frame = MetricFrame(
        metrics={"FMR": false_positive_rate, "FNMR": false_negative_rate}, y_true=same,
        y_pred=accepted, sensitive_features=group,
    ).by_group  # fmt: skip
    for number, errors in group_errors(codes, faces, at).items():
        assert frame["FMR"][number] == pytest.approx(errors.fmr.value)
        assert frame["FNMR"][number] == pytest.approx(errors.fnmr.value)


def test_eight_bits_say_nearly_the_same_and_thresholds_keep_their_far(model):
    small = fairness.quantize_network(model, people=4)
    images = synth(20, 2, seed=2**29 + 6).images
    cosine = (embed(model, images) * embed(small, images)).sum(1)
    assert 0.95 < cosine.min() < 1
    strict, mild = (fairness.choose_group_threshold(model, 30, far) for far in (0.001, 0.1))
    assert strict > mild


def test_a_small_network_learns_from_one_kind_of_people(monkeypatch):
    drawn = []
    whole = fairness.synth
    monkeypatch.setattr(
        fairness, "synth", lambda who, *a, **k: drawn.append(who) or whole(who, *a, **k)
    )
    monkeypatch.setattr(fairness, "PEOPLE", 40)
    models = [fairness.train_on_source("the darker half", 0, steps=2) for _ in range(2)]
    assert drawn[0]["skin"].max() <= 0.5
    images = synth(2, 1, seed=3).images
    assert torch.equal(*(embed(model, images) for model in models))
    assert parameters(models[0]) < 200_000


def test_the_slider_shows_another_amount_and_its_verdict(model, capsys):
    box = figures.factor_slider(model, 0.5, people=PEOPLE)
    factor, slider, _ = box.children
    said = [capsys.readouterr().out]
    for widget, value in ((slider, 5), (factor, "JPEG quality")):
        widget.value = value
        said.append(capsys.readouterr().out)
    assert all(amount in text for amount, text in zip(("0.05", "0.3", "5"), said, strict=True))
    assert len(set(said)) == 3


def interval(value):
    return Interval(value, value - 0.01, value + 0.01, n=9)


def points(*rates, amounts="012"):
    """A network and factor of the evidence's "sweeps"."""
    return {
        a: {"TAR": interval(r), "FAR": interval(0.02)} for a, r in zip(amounts, rates, strict=False)
    }


def test_a_recogniser_breaks_between_two_amounts_or_never():
    assert variation.find_break(points(1.0, 0.95, 0.85)) == pytest.approx(1.5)
    falling = points(1.0, 1.0, 0.8, amounts=("64", "32", "16"))
    assert variation.find_break(falling) == pytest.approx(24)
    assert variation.find_break(points(0.8, 0.7)) == 0
    assert variation.find_break(points(1.0, 0.9)) is None


def test_tables_of_sweeps_and_groups_have_what_was_measured():
    found = {"teacher": {"blur": points(1.0, 0.95, 0.85)}, "student": {"blur": points(1.0, 0.8)}}
    assert figures.tabulate_breaks(found).rows == [["blur", "1.5", "0.5"]]
    rows = figures.draw_sweeps(found).rows
    assert rows[0] == ["blur", "teacher", "0: 100.0%", "1: 95.0%", "2: 85.0%"]
    assert rows[1][-1] == ""
    (row,) = figures.tabulate_false_accepts(found["teacher"]).rows
    assert row == ["blur", "0: 2.00% [1.00%, 3.00%]", "2: 2.00% [1.00%, 3.00%]"]
    errors = {str(g): {"fmr": interval(0.02), "fnmr": interval(0.1 * g)} for g in range(4)}
    table = figures.draw_groups({"teacher": errors}, fairness.GROUPS)
    assert table.rows[3] == [
        "teacher", "lightest", "9", "2.00% [1.00%, 3.00%]", "30.00% [29.00%, 31.00%]"
    ]  # fmt: skip
    cures = {"plain": [{"a": 0.5}, {"a": 0.6}], "cured": [{"a": 0.7}, {"a": 0.8}]}
    plain, cured = figures.compare_cures(cures).rows
    assert plain == ["plain", "55.0"]
    assert cured[1].startswith("75.0 (+20.0")
    runs = {
        "everybody": {"fmr": [[0.1] * 4] * 2, "fnmr": [[0.5] * 4, [0.6] * 4]},
        "the lighter half": {"fmr": [[0.1] * 4] * 2, "fnmr": [[0.6] * 4, [0.7] * 4]},
    }
    first, _, third, _ = figures.compare_sources(runs, fairness.GROUPS).rows
    assert first[:2] == ["everybody", "FMR"]
    assert third[2].startswith("10.0% (+0.0")


def test_a_card_and_a_datasheet_say_what_was_measured():
    row = Scoreboard.load(evidence.BOARD).rows[-1]
    errors = {str(g): {"fmr": interval(0.02), "fnmr": interval(0.1)} for g in range(4)}
    swept = {"blur, pixels": points(1.0, 0.8, amounts="02"), "smile": points(1.0, 1.0)}
    text = cards.model_card(row, errors, fairness.GROUPS, swept).data
    assert row.method in text
    assert f"{row.parameters:,} weights" in text
    assert "| darkest | 9 | 2.00% [1.00%, 3.00%] | 10.00% [9.00%, 11.00%] |" in text
    assert "blur, pixels 1; smile not up to 1" in text
    faces = synth(8, 2, seed=4)
    sheet = cards.datasheet(faces, fairness.GROUPS).data
    assert "16 pictures of 8 people" in sheet
    assert faces.source in sheet
    assert "Nothing is trained or chosen on these people" in sheet
    with pytest.raises(ValueError, match="group is None"):
        cards.datasheet(replace(faces, group=None), fairness.GROUPS)
