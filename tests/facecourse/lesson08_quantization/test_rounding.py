"""Lesson 08's experiments, figures and widgets measure what the lesson says."""

import copy
import re
from unittest.mock import Mock

import pytest
import torch

from facecourse.kit import evidence
from facecourse.ladder.student import calibration_faces, renew_statistics
from facecourse.lesson08_quantization import dial, exercises, experiment, figures
from facelib.compress import export, quantize, round_weights, ship
from facelib.compress.layers import find_layers
from facelib.measure import macs
from facelib.models import FaceResNet, face_student
from facelib.models.faceresnet import SHAPE

FACES = calibration_faces(4)


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    return renew_statistics(FaceResNet(4, 16, (0, 0, 1)), FACES)


@pytest.fixture(scope="module")
def files(small, tmp_path_factory):
    """Of 32 bits, and of 8."""
    folder = tmp_path_factory.mktemp("files")
    plain = export(small, folder / "plain", SHAPE).path
    quantize(plain, folder / "eight", FACES)
    return plain, folder / "eight"


def test_whole_numbers_by_hand_give_the_codes_that_onnxruntime_makes(files):
    layer = experiment.open_layer(files[1], FACES)
    assert layer.read.dtype == layer.made.dtype == torch.uint8
    assert (layer.weight.dtype, layer.bias.dtype) == (torch.int8, torch.int32)
    assert layer.made.shape == (len(FACES), 16)
    total = (layer.read.int() - layer.read_zero) @ layer.weight.int().T + layer.bias
    exact = total * (layer.read_scale * layer.weight_scale / layer.made_scale) + layer.made_zero
    assert (exact.clamp(0, 255) - layer.made.int()).abs().max() <= 0.5001
    assert len(layer.made.unique()) > 50


def test_a_dynamic_file_sets_scales_for_each_face(files, tmp_path):
    import onnx

    experiment.quantize_dynamic(files[0], tmp_path / "dynamic")
    kinds = {node.op_type for node in onnx.load(tmp_path / "dynamic").graph.node}
    assert {"DynamicQuantizeLinear", "ConvInteger"} <= kinds


def test_a_file_is_as_fast_as_itself(files):
    (found,) = experiment.time_files(files[0], {"itself": files[0]}, turns=10).values()
    assert found.value == pytest.approx(1, abs=0.5)


@pytest.mark.usefixtures("small_ladder")
@pytest.mark.parametrize("train", [experiment.train_longer, experiment.train_rounded])
def test_what_is_trained_has_few_values_and_has_learnt(train, monkeypatch):
    start = FaceResNet(2, 8).eval()
    monkeypatch.setattr(experiment, "face_student", lambda: copy.deepcopy(start))
    first, *layers = find_layers(train(3, seed=0, rate=1e-2, steps=3)).values()
    assert all(len(row.unique()) <= 7 for layer in layers for row in layer.weight.flatten(1))
    assert not torch.equal(first.weight, start.features[0].weight)


def test_a_recipe_is_weighed_by_the_file_it_ships_and_judged_on_people_of_its_seed(monkeypatch):
    shipped = Mock(wraps=ship)
    monkeypatch.setattr(experiment, "ship", shipped)
    monkeypatch.setattr(experiment, "_DONE", {})  # other tests have tried some, on more people
    monkeypatch.setattr(experiment, "TRIED", 20)
    monkeypatch.setattr(experiment, "FAR", 0.05)
    monkeypatch.setattr(experiment, "face_embedding", face_student)
    monkeypatch.setattr(experiment, "_meet", experiment._meet.__wrapped__)
    found = experiment.try_out(face_student())
    assert abs(found.lost) < 5, "eight bits lose next to nothing of what they were made from"
    coarse = round_weights(face_student(), 2)
    first, other = (experiment.try_out(coarse, seed) for seed in (0, 1))
    assert first.bytes < found.bytes
    assert min(first.lost, other.lost) > found.lost + 5
    assert first.lost != other.lost
    assert experiment.try_out(coarse) is first
    assert shipped.call_count == 3, "nothing is measured twice"


def test_each_step_of_the_dial_makes_a_network_smaller(small, monkeypatch):
    monkeypatch.setitem(dial.WIDTHS, "student", lambda: copy.deepcopy(small))
    whole, half, thin, coarse = (
        dial.cut("student", *how) for how in ((0.0, 128), (0.5, 128), (0.0, 6), (0.0, 128, 4))
    )
    assert whole.state_dict().keys() == small.state_dict().keys()
    assert macs(half, SHAPE) <= 0.5 * macs(whole, SHAPE)
    assert thin.embedding[1][0].weight.shape[0] == 6
    assert len(coarse.embedding[1].weight[0].unique()) <= 15
    assert not torch.equal(coarse.features[1].running_mean, whole.features[1].running_mean)


def test_a_weight_less_than_half_a_step_beyond_the_last_mark_may_count_as_cut_off():
    def clamp(weight, scale, most, gradient):
        return gradient * (weight.abs() <= most * scale)

    assert exercises.pass_back.checker(clamp) is None
    assert exercises.pass_back.checker(lambda w, s, m, g: clamp(w, s, m - 1, g)) is not None


def test_figures_say_a_spectrums_share_of_the_squares_and_what_the_evidence_holds(shown):
    matrix = torch.diag(torch.tensor([3.0, 1.0, 1.0, 1.0]))
    figures.draw_thin({"one": matrix, "other": torch.eye(4)}, 2)
    assert "one: 75% of the squares with half the weights; other: 25% of" in shown[-1]
    stored = evidence.load("08")
    figures.draw_rounding(stored["bits"], 3, (9.0, 2.0))
    assert f"at once {stored['bits']['4']['at once'].value:.1f}" in shown[-1]


def test_a_scale_of_its_own_helps_the_channel_with_small_weights_and_more_bits_help_both(shell):
    slider, choice, _ = (box := figures.ruler_slider()).children

    def off() -> list[float]:
        return [float(said) for said in re.findall(r"(\d+)% in", box._picture.value)]

    coarse = off()
    choice.value = "a channel"
    fine = off()
    assert fine[0] < coarse[0]
    assert fine[1] == coarse[1], "the largest weights set the layer's scale"
    slider.value = 6
    assert all(more < some for more, some in zip(off(), fine, strict=True))


def test_every_control_of_the_dial_finds_its_network_and_each_of_its_numbers(shown, shell):
    dial = evidence.load("dial")
    box = figures.dial_slider(dial)
    *controls, _ = box.children
    settings = [tuple(row[key] for key in figures._KEYS) for row in dial["rows"]]
    assert len(set(settings)) == len(settings) >= 60
    for place in (0, 40, -1):
        row = dial["rows"][place]
        for control, key in zip(controls, figures._KEYS, strict=True):
            control.value = row[key]
        page = box._picture.value
        lost = 100 * dial["teacher"]["0.1 %"].value - row["0.1 %"].value
        took = dial["teacher"]["milliseconds"] / row["times faster"]
        wanted = f"{row['bytes'] / 1e3:,.0f} kB", f"{took:.3f} ms", f"{lost:.1f} %"
        assert all(words in page for words in wanted)
