"""Lesson 04: its figures, tables and widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

import torch
from ipywidgets import Dropdown, IntSlider, VBox
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from torch import Tensor

from facecourse.kit.charts import compare, tabulate
from facecourse.kit.compare import Shares, decide, paired_points, top1_intervals
from facecourse.kit.explore import explore
from facecourse.kit.transfer import DEPTHS, SIDE
from facelib.figures import COLOURS, Table, show, subplots
from facelib.measure import latency, macs, parameters
from facelib.models import backbones, face_embedding

Arm = tuple[str, str]  # source and method
MAPPED = 8  # people, each in a colour and sign of its own
Runs = Mapping[str, Mapping[str, Mapping[str, Shares]]]  # [source][method][shift]


def time_backbones(repeats: int) -> Table:
    """Size, work and time, by so many calls on one thread, of five networks one can transfer from,
    without their last layer."""
    networks = {
        "EfficientNet-Lite0": (backbones.efficientnet_lite0, "ImageNet, in a wheel", 3, 224),
        "face embedding": (face_embedding, "synthetic people, in facelib", 1, SIDE),
        "VGG16, new layer of 1,024": (backbones.vgg16, "ImageNet, online", 3, 224),
        "ResNet-18": (backbones.resnet18, "ImageNet, online", 3, 224),
        "Inception-v3": (backbones.inception_v3, "ImageNet, online", 3, 299),
    }
    rows = []
    for name, (build, trained_on, channels, side) in networks.items():
        model, image = build(), torch.rand(1, channels, side, side)
        with torch.inference_mode():
            took = latency(lambda model=model, image=image: model(image), repeats=repeats, warmup=1)
        work = macs(model, (channels, side, side))
        size = f"{parameters(model) / 1e6:.1f} million"
        rows.append([name, trained_on, f"{side} px", size, f"{work / 1e6:,.0f} million",
                     f"{took.median_ms:.3g}"])  # fmt: skip
    return Table(["network", "trained on", "image", "parameters", "MACs", "ms here"], rows)


def take_unshifted(runs: Runs) -> dict[Arm, Shares]:
    """(source, method) -> what is named rightly of faces as they are."""
    return {
        (source, method): shifts["as they are"]
        for source, methods in runs.items()
        for method, shifts in methods.items()
    }


def compare_arms(stored: Mapping[str, Runs], *pairs: tuple[Arm, Arm]) -> Table:
    """`decide` on pairs of arms, for every number of photographs both were measured with; `stored`
    is the evidence's "top-1", [photographs][source][method][shift]."""
    claims = {}
    for first, second in pairs:
        for photos, runs in stored.items():
            top = take_unshifted(runs)
            if first in top and second in top:
                claim = f"{', '.join(first)}; or {', '.join(second)}? {photos} of each"
                claims[claim] = top[first], top[second]
    return decide(claims)


def compare_tasks(stored: Mapping[str, Mapping[str, Sequence]], pixels: Shares) -> Table:
    """`decide` on sources that learnt a task, against the same network that learnt nothing, and
    that against the nearest neighbour by pixels on the same splits; `stored` is the evidence's
    "wrong tasks", [task][how it is used]."""
    nothing = stored["nothing"]
    claims = {"untrained, nearest neighbour; or pixels?": (nothing["nearest"], pixels)}
    for task, runs in stored.items():
        if task != "nothing":
            own = f"learnt {task} ({fmean(runs['own task']):.0%} right)"
            claims[f"{own}, nearest neighbour; or untrained?"] = runs["nearest"], nothing["nearest"]
            claims[f"{own}, fine-tuned; or from nothing?"] = runs["tuned"], nothing["tuned"]
    return decide(claims)


def depth_slider(stored: Mapping[str, Runs]) -> VBox:
    """How much of the face embedding learns, and from how many photographs; stored runs; `stored`
    is the evidence's "top-1", [photographs][source][method][shift]."""

    def draw(photos: str, depth: int) -> Table:
        runs = take_unshifted(stored[photos])
        found = {"scratch": runs["nothing", "at once"]}
        found |= {f"source, {name}": runs["synthetic faces", name] for name in DEPTHS}
        chosen = f"source, {DEPTHS[depth]}"
        compare(top1_intervals(found))
        rest = {name: shares for name, shares in found.items() if name != chosen}
        return decide({f"{chosen}, or {n}": (found[chosen], shares) for n, shares in rest.items()})

    menu = Dropdown(options=list(stored), description="photos")
    slider = IntSlider(3, min=0, max=3, description="thirds")
    return explore(draw, photos=menu, depth=slider)


def tabulate_shifts(stored: Runs, arms: Mapping[str, Arm]) -> Table:
    """Mean top-1 on faces as they are and changed; `stored` is the evidence's "top-1" of one number
    of photographs."""
    rows = {
        name: {shift: float(torch.tensor(top).mean()) for shift, top in stored[one][way].items()}
        for name, (one, way) in arms.items()
    }
    return tabulate(rows, "top-1 on test faces", "{:.3f}")


def compare_under_shifts(stored: Runs, pairs: Mapping[str, tuple[Arm, Arm]]) -> Table:
    """By how many points the first of each pair is ahead of the second, under every shift."""
    rows = {}
    for name, arms in pairs.items():
        ours, theirs = (stored[source][method] for source, method in arms)
        rows[name] = {shift: paired_points(ours[shift], theirs[shift])[0] for shift in ours}
    return tabulate(rows, "ahead by points [95 % CI]", "{:+.1f}")


def draw_maps(spaces: Mapping[str, Tensor], person: Tensor) -> Table:
    """Draw embeddings (N, D) of unit length in two dimensions, by PCA and by t-SNE, of the first
    `MAPPED` people; return how tight all people, int64 (N,), are."""
    figure, axes = subplots(2, len(spaces), figsize=(3.6 * len(spaces), 5.4), squeeze=False)
    drawn, rows = person < MAPPED, []
    for column, (name, space) in zip(axes.T, spaces.items(), strict=True):
        tsne = TSNE(perplexity=min(15, int(drawn.sum()) // 4), init="pca", random_state=0)
        for axis, title, method in zip(column, ("PCA", "t-SNE"), (PCA(2), tsne), strict=True):
            flat = method.fit_transform(space[drawn].numpy())
            for who in range(MAPPED):
                mine = (person[drawn] == who).numpy()
                axis.plot(*flat[mine].T, "osv^DPX*"[who % 8], color=COLOURS[who % 7], markersize=5)
            axis.set_title(f"{name}: {title}", fontsize=10)
            axis.set(xticks=[], yticks=[])
        distance, same = torch.cdist(space, space), person[:, None] == person
        other = ~torch.eye(len(person), dtype=torch.bool)
        within, between = float(distance[same & other].mean()), float(distance[~same].mean())
        rows.append([name, within, between, within / between])
    ratios = "; ".join(f"{row[0]} {row[3]:.2f}" for row in rows)
    show(figure, f"{MAPPED} people in two dimensions. Distance within over between: {ratios}.")
    return Table(["", "within a person", "between people", "within / between"], rows)
