"""Lesson 07: channels taken out of the student, and what bounds its time."""

import copy
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import torch
import torch_pruning
from torch import Tensor, nn

from facecourse.ladder.student import FAR, embed_tail, renew_statistics
from facecourse.ladder.students import BLOCKS
from facecourse.ladder.timing import CALLS, call
from facelib.compress import export, prune
from facelib.compress.layers import find_layers
from facelib.data import FaceSet
from facelib.measure import latency, macs
from facelib.measure.tail import Tail
from facelib.models import FaceResNet, face_embedding, face_pruned, face_student
from facelib.models.faceresnet import SHAPE
from facelib.models.runtime import OnnxModel
from facelib.synth import synth
from facelib.synth.people import pick_seed

FIRST = "features.0"  # of the student's layers
# Of each group of layers that lose channels together, one layer that makes them.
GROUPS = {
    FIRST: "first layer", "features.3": "stream of 32", "features.6.change.0": "inside block 6",
    "features.7": "stream of 64", "features.10.change.0": "inside block 10",
    "features.11.change.0": "inside block 11", "features.12": "last layer",
}  # fmt: skip
WAYS = {  # to choose channels: are they ranked together, and which layers keep theirs
    "each layer alike": (False, (FIRST,)),
    "ranked together": (True, (FIRST,)),
    "first layer, too": (True, ()),
}
STEP = 8  # widths are multiples of it
JUDGES, FRESH = 300, 3  # people who don't exist, and groups of others a plan is judged by
SIDES, LONG = (256, 512, 1024), 16 * 2**20  # of matrices and vectors that measure the processor


def cut_channels(
    model: nn.Module,
    share: float | Mapping[str, float],
    together: bool = False,
    kept: Sequence[str] = (FIRST,),
) -> nn.Module:
    """A copy without the channels whose group L1 is least, in evaluation mode, not trained on.

    Args:
        model: a FaceResNet, trained; not changed.
        share: of channels to take out, 0 to 1: of all layers, or of each layer that is named.
        together: ranks the channels of all layers together; else each layer loses this share.
        kept: layers that lose no channel, names from `model.named_modules()`.
    """
    small = copy.deepcopy(model).eval().requires_grad_()  # the graph follows gradients
    layers = find_layers(small)
    all_lose, named = (0.0, share) if isinstance(share, Mapping) else (share, {})
    torch_pruning.pruner.BasePruner(
        small,
        torch.zeros(1, *SHAPE),
        importance=torch_pruning.importance.MagnitudeImportance(p=1),
        global_pruning=together,
        pruning_ratio=all_lose,
        pruning_ratio_dict={layers[name]: some for name, some in named.items()},
        round_to=STEP,
        ignored_layers=[
            layer for name, layer in layers.items() if name in kept or isinstance(layer, nn.Linear)
        ],
    ).step()
    return small


@lru_cache(1 + FRESH)
def _whole(fresh: int | None) -> tuple[FaceSet, Tail]:
    seed = pick_seed("cuts") if fresh is None else pick_seed("tried", 1 + fresh)
    faces = synth(JUDGES, 3, seed=seed)
    return faces, embed_tail(face_student(), faces, FAR)


def try_plan(plan: Mapping[str, float], fresh: int | None = None) -> tuple[float, float]:
    """The share of the student's MACs that a plan takes out, and the points of TAR at a FAR of
    0.1 % that it costs the student, batch norm's statistics measured anew.

    Args:
        plan: the share of channels to take out, 0 to 0.75, by layer: names of `GROUPS`.
        fresh: by which of `FRESH` groups of people it is judged; else by others, to choose by.
    """
    return _try(cut_channels(face_student(), plan, kept=()), fresh)


@lru_cache(1 + FRESH)
def try_library(share: float, fresh: int | None = None) -> tuple[float, float]:
    """The same where `facelib.compress.prune` takes out this share of the MACs or just more."""
    return _try(prune(face_student(), share, SHAPE, round_to=STEP)[0], fresh)


def _try(small: nn.Module, fresh: int | None) -> tuple[float, float]:
    faces, before = _whole(fresh)
    gone = 1 - macs(small, SHAPE) / macs(face_student(), SHAPE)
    after = embed_tail(renew_statistics(small), faces, FAR)
    return gone, 100 * float(before.tars([FAR]) - after.tars([FAR]))


def measure_speed(names: Sequence[str], turns: int) -> dict[str, dict]:
    """What one core does at most, and what networks make of it, all in turns.

    Returns:
        "roofs": "MACs" a second in the fastest of three products of matrices by onnxruntime, which
        runs the networks, too; "bytes" a second in adding vectors too long for any cache (the triad
        of STREAM, McCalpin 1995). "networks": of each name of `NETWORKS` "macs", "bytes" and "ms"
        of one face. A time is the least of all turns' tenth percentiles.
    """
    x, y = torch.rand(2, LONG)
    calls: dict[str, Callable[[], object]] = {f"{side}": _multiply(side) for side in SIDES}
    calls["bytes"] = lambda: torch.add(x, y, alpha=0.5, out=y)
    networks: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as place:
        for name in names:
            model = NETWORKS[name]()
            calls[name] = call(OnnxModel(export(model, Path(place) / name, SHAPE).path))
            networks[name] = {"macs": macs(model, SHAPE), "bytes": count_traffic(model)}
        least = dict.fromkeys(calls, float("inf"))
        for _ in range(turns):
            for name, run in calls.items():
                took = latency(run, repeats=CALLS, warmup=1).low_ms
                least[name] = min(least[name], took)
    roofs = {
        "MACs": max(1e3 * side**3 / least[f"{side}"] for side in SIDES),
        "bytes": 1e3 * 3 * 4 * LONG / least["bytes"],
    }
    return {
        "roofs": roofs,
        "networks": {name: row | {"ms": least[name]} for name, row in networks.items()},
    }


def _multiply(side: int) -> Callable[[], object]:
    """Two square matrices through onnxruntime, on one core."""
    from onnx import TensorProto, helper

    a, b, c = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [side, side]) for n in "abc")
    graph = helper.make_graph([helper.make_node("MatMul", ["a", "b"], ["c"])], "", [a, b], [c])
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    matrix = torch.rand(side, side).numpy()
    session = OnnxModel(model.SerializeToString()).session
    return lambda: session.run(None, {"a": matrix, "b": matrix})


def count_traffic(model: nn.Module) -> int:
    """Bytes that convolutions and linear layers read and write for one face: weights, inputs and
    outputs, four bytes a number."""
    numbers = []

    def look(layer: nn.Module, given: tuple[Tensor], made: Tensor) -> None:
        numbers.append(layer.weight.numel() + given[0].numel() + made.numel())

    hooks = [layer.register_forward_hook(look) for layer in find_layers(model).values()]
    with torch.inference_mode():
        model.eval()(torch.zeros(1, *SHAPE))
    for hook in hooks:
        hook.remove()
    return 4 * sum(numbers)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "teacher": face_embedding,
    "teacher, ragged": lambda: prune(face_embedding(), 0.5, SHAPE, round_to=1)[0],
    "teacher, in blocks": lambda: prune(face_embedding(), 0.5, SHAPE, round_to=16)[0],
    "student": face_student,
    "pruned": face_pruned,
    "one channel": lambda: FaceResNet(1, blocks=BLOCKS).eval(),
}
