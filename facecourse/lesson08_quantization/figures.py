"""Lesson 08: its widgets, and a table of what sets the scales."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from ipywidgets import Dropdown, IntSlider, VBox
from torch import Tensor

from facecourse.kit.explore import explore
from facecourse.ladder.student import tar_drop
from facecourse.lesson08_quantization import experiment
from facelib.compress import factorize, quantize
from facelib.compress.layers import find_layers
from facelib.compress.quantize import RANGES
from facelib.figures import COLOURS, Table, show, subplots
from facelib.measure import macs
from facelib.measure.groups import ladder_faces
from facelib.models import embed, face_student
from facelib.models.faceresnet import SHAPE
from facelib.models.runtime import OnnxModel


def bits_slider(people: int = 100) -> VBox:
    """Rounds the student's weights: their values, the error, and the TAR that is lost.

    Args:
        people: who don't exist, to count lost points on.
    """
    layer = "features.6.change.0"
    weight = find_layers(face_student())[layer].weight.detach()

    def draw(bits: int, scales: str) -> Table:
        per_channel = scales == "one a channel"
        rounded = experiment.round_weight(weight, bits, per_channel)
        error = (rounded - weight).flatten()
        figure, axes = subplots(1, 2, figsize=(7, 2.2))
        edges = np.linspace(-0.3, 0.3, 121)
        axes[0].hist(rounded.flatten().numpy(), edges, color=COLOURS[0])
        axes[0].set(xlabel="weight, rounded", ylabel="how many")
        axes[1].hist(error.numpy(), np.linspace(-0.06, 0.06, 61), color=COLOURS[1])
        axes[1].set(xlabel="error")
        show(figure, f"Histograms of a layer's weights at {bits} bits, and of their errors.")
        model = experiment.round_student(bits, per_channel)
        turned = experiment.measure_angle(embed(model, images), before)
        cells = [bits, scales, len(rounded.unique()), f"{error.abs().max():.4f}", f"{turned:.1f}"]
        head = ["bits", "scales", "values", "largest error", "degrees turned", "TAR lost, points"]
        return Table(head, [[*cells, f"{tar_drop(model, people):+.1f}"]])

    images = ladder_faces(people).images
    before = embed(face_student(), images)
    slider = IntSlider(4, min=2, max=8, description="bits")
    choice = Dropdown(options=["one a channel", "one a layer"], description="scales")
    return explore(draw, bits=slider, scales=choice)


def rank_slider(people: int = 100) -> VBox:
    """Splits one layer of the student at a rank: energy, weights, and the TAR that is lost.

    Args:
        people: who don't exist, to count lost points on.
    """
    layers = {
        f"{name}, {kind} x {columns}": name
        for name, layer in find_layers(face_student()).items()
        for kind, columns in [layer.weight.flatten(1).shape]
        if columns > 9
    }

    def draw(layer: str, rank: int) -> Table:
        model, name = face_student(), layers[layer]
        values = torch.linalg.svdvals(find_layers(model)[name].weight.detach().flatten(1))
        rank = min(rank, len(values))
        small, kept = factorize(model, {name: rank})
        figure, axis = subplots(figsize=(6.4, 2.2))
        axis.semilogy(range(1, len(values) + 1), values.numpy(), ".", color=COLOURS[0])
        axis.axvline(rank + 0.5, color=COLOURS[1])
        axis.set(xlabel="number", ylabel="singular value")
        show(figure, f"The {len(values)} singular values of {name}; those up to {rank} are kept.")
        before, after = kept[name].weights
        head = ["rank", "energy", "weights before", "after", "MACs of all", "TAR lost"]
        cells = [rank, f"{kept[name].energy:.1%}", f"{before:,}", f"{after:,}"]
        work, lost = macs(small, SHAPE) / 1e6, tar_drop(small, people)
        return Table(head, [[*cells, f"{work:.2f} million", f"{lost:+.1f}"]])

    slider = IntSlider(32, min=1, max=128, description="rank")
    start = next(name for name in layers if name.startswith("embedding"))
    choice = Dropdown(options=list(layers), value=start, description="layer")
    return explore(draw, layer=choice, rank=slider)


def compare_calibrations(plain: Path, images: Tensor) -> Table:
    """How far embeddings turn when the student is quantized, by what set its scales.

    Args:
        plain: the student's ONNX file of 32 bits.
        images: uint8 (N, 1, 64, 64), whose embeddings are compared.
    """
    rows, before = [], embed(face_student(), images)
    with tempfile.TemporaryDirectory() as folder:
        for name, pictures in experiment.CALIBRATED_ON.items():
            for ranges in RANGES:
                path = Path(folder) / "small.onnx"
                quantize(plain, path, pictures(), ranges=ranges)
                turned = experiment.measure_angle(embed(OnnxModel(path), images), before)
                rows.append([name, ranges, f"{turned:.1f}"])
    return Table(["calibrated on", "range", "degrees from 32 bits"], rows)
