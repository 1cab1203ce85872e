"""Lesson 08's experiments: what is rounded, split and exchanged."""

import pytest
import torch
from torch import nn

from facecourse.ladder import student
from facecourse.lesson08_quantization import experiment as rounding
from facecourse.lesson08_quantization import figures
from facelib.compress import export, quantize
from facelib.compress.layers import find_layers
from facelib.models import FaceResNet, embed, face_student


def test_a_weight_is_rounded_to_so_many_values_around_zero():
    weight = torch.randn(6, 5, 3, 3, generator=torch.Generator().manual_seed(0))
    for bits in (2, 4, 8):
        step = weight.flatten(1).abs().amax(1) / (2 ** (bits - 1) - 1)
        rounded = rounding.round_weight(weight, bits)
        levels = rounded / step.view(6, 1, 1, 1)
        assert torch.allclose(levels, levels.round(), atol=1e-4)
        assert ((rounded - weight).abs() <= step.view(6, 1, 1, 1) / 2 + 1e-6).all()
    spread = weight * torch.logspace(-2, 0, 6).view(6, 1, 1, 1)
    one, all_ = ((rounding.round_weight(spread, 4, per) - spread).norm() for per in (True, False))
    assert one**2 < 0.5 * all_**2


def test_only_the_weights_are_rounded_and_the_student_stays_as_it_is():
    before = face_student()
    for name, layer in find_layers(rounding.round_student(2)).items():
        assert len(layer.weight[0].unique()) <= 3, name
        weights = (find_layers(model)[name].weight for model in (before, face_student()))
        assert torch.equal(*weights)


def test_prelu_takes_the_place_of_every_relu():
    kinds = [type(part) for part in rounding.build_prelu_student().modules()]
    relus = sum(isinstance(part, nn.ReLU) for part in face_student().modules())
    assert kinds.count(nn.PReLU) == relus > 0
    assert nn.ReLU not in kinds


def test_numbers_of_16_bits_are_those_the_type_holds():
    for dtype in (torch.float16, torch.bfloat16):
        state = rounding.cast_student(dtype).state_dict()
        cut = [t for t in state.values() if t.is_floating_point()]
        assert all(torch.equal(t, t.to(dtype).float()) for t in cut)


def test_layers_of_the_kinds_asked_for_are_split_and_the_first_one_is_not():
    _, kept = rounding.reduce_rank(0.25, nn.Linear)
    assert {name: factor.rank for name, factor in kept.items()} == {"embedding.1": 32}
    _, kept = rounding.reduce_rank(0.5, nn.Conv2d)
    assert "features.0" not in kept
    layers = find_layers(face_student())
    for name, factor in kept.items():
        assert factor.rank == round(0.5 * min(layers[name].weight.flatten(1).shape)), name


@pytest.mark.usefixtures("small_ladder")
def test_the_bits_slider_changes_every_number_and_so_does_the_choice_of_scales(moved):
    slider, scales, _ = figures.bits_slider(people=8).children
    eight, two = moved(slider, 8), moved(slider, 2)
    assert [a == b for a, b in zip(eight, two, strict=True)] == [False, True] + 4 * [False]
    assert moved(scales, "one a layer")[3] != two[3]


@pytest.mark.usefixtures("small_ladder")
def test_the_rank_slider_changes_energy_weights_and_work(moved):
    layer, slider, _ = figures.rank_slider(people=8).children
    some, few = moved(slider, 24), moved(slider, 8)
    assert [a == b for a, b in zip(some, few, strict=True)][:5] == [
        False,
        False,
        True,
        False,
        False,
    ]
    slider.value = 128
    assert moved(layer, layer.options[0])[0] == "32", "beyond the matrix's rank it is that rank"


def test_dark_faces_and_noise_set_other_scales_than_faces_do(tmp_path, monkeypatch):
    some = student.calibration_faces(8)
    monkeypatch.setitem(rounding.CALIBRATED_ON, "256 faces", lambda: some)
    monkeypatch.setitem(rounding.CALIBRATED_ON, "256 dark faces", lambda: some // 4)
    plain = rounding.export(face_student(), tmp_path / "plain.onnx", student.SHAPE).path
    rows = figures.compare_calibrations(plain, some[:8]).rows
    assert len(rows) == 2 * len(rounding.CALIBRATED_ON)
    assert len({row[2] for row in rows}) > 2
    assert max(float(row[2]) for row in rows if "faces" in row[0]) < 20


def test_rounding_turns_embeddings_by_more_the_fewer_bits_there_are():
    images = student.calibration_faces(4)
    before = embed(face_student(), images)
    codes = [embed(rounding.round_student(bits), images) for bits in (8, 4, 2)]
    turned = [rounding.measure_angle(code, before) for code in codes]
    assert 0 < turned[0] < turned[1] < turned[2]
    assert rounding.measure_angle(before, before) < 0.1
    assert rounding.measure_angle(torch.eye(2), torch.eye(2).flip(0)) == pytest.approx(90)


def test_a_file_of_eight_bits_has_as_many_weights(tmp_path):
    torch.manual_seed(0)
    model = FaceResNet(4, 16, (0, 0, 1)).eval()
    plain = export(model, tmp_path / "plain.onnx", (1, 64, 64)).path
    small = quantize(plain, tmp_path / "small.onnx", student.calibration_faces(2)).path
    whole = sum(p.numel() for p in model.parameters() if p.ndim > 1)
    assert rounding.count_weights(plain) == rounding.count_weights(small) == whole
