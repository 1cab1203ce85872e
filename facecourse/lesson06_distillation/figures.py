"""Lesson 06: its widget, and tables of what teachers say."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import torch
from ipywidgets import FloatLogSlider, IntSlider, VBox
from scipy.stats import spearmanr
from torch import Tensor
from torch.nn.functional import softmax

from facecourse.kit.explore import explore
from facelib.compress import SoftTargets
from facelib.data import FaceSet
from facelib.figures import COLOURS, Table, show, subplots


def temperature_slider(logits: Tensor, person: Tensor, start: int = 0) -> VBox:
    """What a teacher says of one face at a temperature, as bars and as a table.

    Args:
        logits: float (N, people), of the faces to choose from.
        person: int64 (N,), who they show.
        start: the face that is shown first.
    """

    def draw(face: int, temperature: float) -> Table:
        said, right = softmax(logits[face] / temperature, 0), int(person[face])
        order = said.argsort(descending=True).tolist()
        colours = [COLOURS[1] if who == right else COLOURS[0] for who in range(len(said))]
        figure, axis = subplots(figsize=(6.4, 2.2))
        axis.bar(range(len(said)), said.numpy(), color=colours)
        axis.set(xlabel="person", ylabel="probability", xticks=range(0, len(said), 2))
        show(
            figure,
            f"Probabilities of {len(said)} people at temperature {temperature:.2f}. Person {right} "
            f"is right, in orange, with {said[right]:.3f}.",
        )
        bits = float(-(said * said.clamp(min=1e-30).log2()).sum())
        second = next(who for who in order if who != right)
        head = ["temperature", "right", "its probability", "most like", "its probability", "bits"]
        cells = [f"{temperature:.2f}", right, float(said[right]), second, float(said[second])]
        return Table(head, [[*cells, f"{bits:.2f}"]])

    faces = IntSlider(start, max=len(logits) - 1, description="face")
    slider = FloatLogSlider(1, min=-0.5, max=1.5, step=0.1, description="temperature",
                            readout_format=".2f")  # fmt: skip
    return explore(draw, face=faces, temperature=slider)


def tabulate_agreement(thoughts: Mapping[str, Tensor]) -> Table:
    """How far teachers agree on who looks like whom: Spearman's rho off the diagonal.

    Args:
        thoughts: by name of the teacher, as `experiment.measure_resemblance` gives them.
    """
    rows = []
    for (name, first), (other, second) in itertools.combinations(thoughts.items(), 2):
        off = ~torch.eye(len(first), dtype=torch.bool)
        rho = float(spearmanr(first[off], second[off]).statistic)
        best = first.argmax(1) == second.argmax(1)
        rows.append([f"{name} and {other}", rho, f"{int(best.sum())} of {len(best)}"])
    return Table(["", "rank correlation", "the same runner-up for"], rows)


def take_most_alike(second: Tensor, faces: FaceSet, count: int = 5) -> FaceSet:
    """A face of each person of some pairs, the most alike to the teacher: one above the other.

    Args:
        second: as `experiment.measure_resemblance` gives it.
        faces: at least one of each person.
        count: of pairs; nobody comes twice.
    """
    both, pairs = (second + second.T).fill_diagonal_(-torch.inf), []
    for _ in range(count):
        pair = list(divmod(int(both.argmax()), len(both)))
        both[pair] = both[:, pair] = -torch.inf
        pairs.append(pair)
    shown = torch.tensor(pairs).T.flatten().tolist()
    images = faces.images[[int((faces.person == who).nonzero()[0]) for who in shown]]
    names = tuple(map(str, shown))
    return FaceSet(images, torch.arange(2 * count), names, source=faces.source)


def tabulate_gradients(student: Tensor, taught: Tensor, temperatures: Sequence[float]) -> Table:
    """The length of the soft part's gradient at each temperature, without and with T squared.

    Args:
        student, taught: logits (N, people) of both.
    """
    rows = []
    for temperature in temperatures:
        logits = student.detach().clone().requires_grad_()
        loss = SoftTargets(temperature, weight=1.0)(logits, (taught, torch.zeros(0)))
        loss.backward()
        length = float(logits.grad.norm())
        rows.append([f"{temperature:g}", f"{length / temperature**2:.5f}", f"{length:.4f}"])
    return Table(["T", "gradient without T²", "with T²"], rows)
