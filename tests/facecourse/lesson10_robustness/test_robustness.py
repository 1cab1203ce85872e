"""The experiments, figures and widgets of lesson 10 measure what the lesson says."""

from dataclasses import replace

import pytest
import torch

from facecourse.kit.orl import STILL
from facecourse.lesson10_robustness import exercises, experiment, figures
from facelib.data import corrupt
from facelib.measure import Verification
from facelib.measure.groups import group_errors
from facelib.models import FaceResNet
from facelib.synth import synth

PEOPLE = 12


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return FaceResNet(4, 16, (0, 0, 1)).eval()


@pytest.mark.parametrize("factor", experiment.AMOUNTS)
def test_a_factor_changes_the_picture_the_more_there_is_of_it(factor):
    none, little, *_, much = (
        experiment.render_changed(PEOPLE, factor, amount, seed=5).float()
        for amount in experiment.AMOUNTS[factor]
    )
    assert none.shape == (PEOPLE, 1, 64, 64)
    assert 0 < (little - none).abs().mean() < (much - none).abs().mean()


def test_another_photograph_shows_the_same_people_in_other_surroundings():
    good = experiment.render_good(PEOPLE, 5).float()
    same = experiment.render_changed(PEOPLE, "yaw, degrees", 0, 5).float()
    face = (slice(None), slice(None), slice(20, 44), slice(20, 44))
    apart = (same[face] - good[face].roll(1, 0)).abs().mean()
    assert 0 < (same[face] - good[face]).abs().mean() < apart


def test_own_photographs_are_the_first_persons_grey_and_as_small_as_the_network_reads(monkeypatch):
    def find(path, size, **how):
        assert how == {"detect": True, "skip_bad": True}
        faces = synth(2, 3, seed=4, size=size)
        return replace(faces, images=faces.images.expand(-1, 3, -1, -1))

    monkeypatch.setattr(experiment, "folder", find)
    own = experiment.load_own("my_photos")
    assert own.shape == (3, 1, 64, 64)
    assert (own.float() - synth(2, 3, seed=4).images[:3].float()).abs().max() <= 1


def test_a_sweep_counts_genuine_pairs_at_each_networks_own_threshold(model, monkeypatch):
    monkeypatch.setattr(experiment, "AMOUNTS", {"yaw, degrees": (0, 45)})
    found = experiment.sweep_factors({"a": model, "b": model}, {"a": -1.0, "b": 1.1}, PEOPLE)
    for network, share in (("a", 1), ("b", 0)):
        rates = found[network]["yaw, degrees"]
        assert list(rates) == ["0", "45"]
        assert rates["45"].value == share
        assert rates["45"].high - rates["45"].low > 0.1, "exact, not [0, 0]"


def test_orl_is_swept_with_a_threshold_of_other_people_and_says_its_far(model, monkeypatch):
    monkeypatch.setattr(experiment.verify, "RESAMPLES", 100)
    monkeypatch.setitem(experiment.AMOUNTS, "blur, pixels", (0, 4))
    monkeypatch.setattr(experiment, "SPOILT", {"blur, pixels": corrupt.blur})
    found = experiment.sweep_orl(model)
    assert found["blur, pixels"]["4"].value < found["blur, pixels"]["0"].value
    assert found["FAR"][""].value == pytest.approx(0.01, abs=0.02)


def test_a_cure_is_one_of_several_and_the_tested_photographs_stay_as_they_are():
    generator = torch.Generator().manual_seed(0)
    images = synth(2, 2, seed=1).images
    seen = {name: cure(images, generator) for name, cure in experiment.CURES.items()}
    assert experiment.CURES["as they are"] is STILL
    torch.testing.assert_close(seen["as they are"], images.float() / 255, atol=1e-4, rtol=0)
    for name in ("moved and relit", "accidents", "both"):
        assert (seen[name] - images.float() / 255).abs().mean() > 0.02, name
    found = experiment.train_cure("as they are", seed=0, epochs=1)
    assert list(found) == list(experiment.ILLS)
    assert all(0 <= value <= 1 for value in found.values())


@pytest.fixture(scope="module")
def read(model):
    """Faces of 40 people and what the network makes of them."""
    faces = synth(40, 3, seed=2**26)
    return experiment.read_faces(model, faces.images), faces


def test_a_rate_that_was_never_seen_has_an_interval_above_zero(read):
    never, always = (experiment.measure_groups(*read, at) for at in (1.0, -1.0))
    assert never["dark"].fmr.low == never["dark"].fmr.value == 0 < never["dark"].fmr.high < 0.5
    assert always["dark"].fnmr.value == 0 < always["dark"].fnmr.high
    assert always["dark"].fmr.value == 1


def test_rates_within_groups_and_their_changes_are_those_that_group_errors_counts(read):
    codes, faces = read
    mild, strict = (
        torch.tensor([[e.fmr.value, e.fnmr.value] for e in group_errors(*read, at).values()])
        for at in (0.9, 0.99)
    )
    rates = torch.tensor(exercises._rates(*experiment.pair_up(codes, faces), 0.9))
    torch.testing.assert_close(rates, mild, check_dtype=False)
    changes = experiment.compare_groups((codes, 0.9), (codes, 0.99), faces).values()
    found = torch.tensor([[change.fmr.value, change.fnmr.value] for change in changes])
    torch.testing.assert_close(found, mild - strict)


def test_only_the_skin_changes_unless_hair_and_eyes_go_along():
    dark, light = (experiment.color_people(50, skin, coupled=False) for skin in (0.1, 0.9))
    assert set(dark["skin"].tolist()) != set(light["skin"].tolist())
    assert torch.equal(dark.set(skin=0.5).values, light.set(skin=0.5).values)
    coupled = experiment.color_people(50, 0.9, coupled=True)
    assert torch.equal(coupled["skin"], light["skin"])
    assert light["hair"].mean() < 0.5 * coupled["hair"].mean()


def test_the_same_people_are_compared_across_skins(model):
    found, change = experiment.vary_skin(model, -1.0, 4, coupled=False)
    assert [rate.value for rate in found.values()] == [1.0] * 4
    assert change.value == 0
    found, _ = experiment.vary_skin(model, 1.1, 4, coupled=False)
    assert found["0.125"].value == 0 < found["0.125"].high


def test_a_detector_is_shown_the_same_heads_by_skin():
    found, change = experiment.detect_skin(3)
    rates = list(found.values())
    assert [rate.n for rate in rates] == [3] * 4
    assert change.value == pytest.approx(rates[0].value - rates[-1].value)
    assert rates[-1].value > 0, "light faces, in front of a detector of faces"


def test_the_librarys_thresholds_with_the_fmr_that_was_asked_for_are_right_too():
    def ask_library(scores, same, group, fmr):
        parts = [Verification(scores[group == g], same[group == g]) for g in range(4)]
        return [part.frr_at(part.threshold_at(fmr)) for part in parts]

    assert exercises.equal_fmr.check(ask_library).kind == "correct"


def test_gaussian_noise_is_right_if_every_pixel_has_its_own():
    def darken(images, stops):
        return images + (images / 1000 * 2**stops).sqrt() * torch.randn_like(images)

    assert exercises.darken.check(darken).kind == "correct"


def test_the_widgets_follow_their_controls(model, shown):
    factor, step, _ = figures.break_slider(model, 0.5).children
    step.value, factor.value = 3, "JPEG quality"
    figures.break_slider(model, -1.0, synth(1, 3, seed=4).images)
    assert "darkness, stops 4" in shown[0]
    assert "darkness, stops 6" in shown[1]
    assert "JPEG quality 10" in shown[2]
    assert shown[3].endswith("; 2 are accepted.")
    scores, same, group = exercises._case(0, 0.2)
    slider, _ = figures.group_slider(scores, same, group, 0.5).children
    slider.value = float(scores.quantile(0.9))
    assert shown[4] != shown[5]


def test_rates_stand_in_a_table_by_group():
    assert figures.tabulate_rates([[0.01, 0.2]] * 4).rows[0] == ["darkest", "1.00 %", "20.00 %"]


def test_no_number_found_by_trial_opens_the_door(monkeypatch):
    monkeypatch.setattr(exercises, "randrange", lambda crowds: 0)
    for constant in torch.linspace(0.3, 1, 36).tolist():
        said = exercises.door_threshold.check(lambda *given, constant=constant: constant)
        assert said.kind == "incorrect", constant


@pytest.mark.parametrize("student", range(5))
def test_every_threshold_with_as_many_impostors_above_it_costs_a_group_the_same(
    student, monkeypatch
):
    monkeypatch.setenv("FACELIB_GRADING_SEED", str(student))
    scores, same, group, fmr = exercises._cleared(10, 0.2, 0.05)
    wanted = exercises._price(scores, same, group, fmr)
    for number in range(4):
        inside = group == number
        kept_out, let_in = scores[inside & ~same].sort().values[94:96]
        for threshold in (torch.nextafter(kept_out, let_in), let_in):
            fnmr = (scores[inside & same] < threshold).double().mean()
            assert fnmr.item() == pytest.approx(wanted[number])
