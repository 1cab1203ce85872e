"""MTCNN's three networks as ONNX files, from the wheel that `facelib.door.mtcnn` reads."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from facelib.door import mtcnn

OPSET = helper.make_opsetid("", 17)


def export(network: mtcnn.Network) -> bytes:
    """An ONNX file: `images`, float (N, 3, H, W) from 0 to 255, RGB, to what `mtcnn.run` gives for
    them: `moves`, `points` (of LOCATE alone) and `scores`. Moves of PROPOSE are (N, 4, h, w)."""
    weights, graph = iter(mtcnn.read_weights(network)), _Graph()
    last = graph.add("Div", graph.add("Sub", "images", np.float32(127.5)), np.float32(128))
    for window in network.pools:
        last = graph.add("Conv", last, next(weights).transpose(3, 2, 0, 1), next(weights))
        last = graph.add("PRelu", last, next(weights).reshape(-1, 1, 1))
        if window > 1:
            pool = {"kernel_shape": [window] * 2, "strides": [2, 2], "ceil_mode": 1}
            last = graph.add("MaxPool", last, **pool)
    places = 2 if network is mtcnn.PROPOSE else 0  # dimensions of a map
    if not places:
        last = graph.add("Transpose", last, perm=[0, 3, 2, 1])  # learnt column by column
        last = graph.add("Gemm", graph.add("Flatten", last), next(weights), next(weights))
        last = graph.add("PRelu", last, next(weights).reshape(-1))
    *found, evidence = [
        graph.add("Conv", last, head.transpose(3, 2, 0, 1), next(weights))
        if places
        else graph.add("Gemm", last, head, next(weights))
        for head in weights
    ]
    scores = graph.add("Gather", graph.add("Softmax", evidence, axis=1), np.int64(1), axis=1)
    results = {"moves": found[0], "scores": scores} | dict(zip(["points"], found[1:], strict=False))
    return graph.written(results, places)


class _Graph:
    """Nodes, each of which takes the results of others, by name, and arrays."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.arrays: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str | np.ndarray, **settings: object) -> str:
        names = [given if isinstance(given, str) else self._store(given) for given in inputs]
        result = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, names, [result], **settings))
        return result

    def _store(self, array: np.ndarray) -> str:
        name = f"array{len(self.arrays)}"
        self.arrays.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def written(self, results: dict[str, str], places: int) -> bytes:
        """The file, with results under these names, `places` dimensions behind their channels."""
        for name, result in results.items():
            self.nodes.append(helper.make_node("Identity", [result], [name]))
        shapes = {name: ["N", *[None] * (places + (name != "scores"))] for name in results}
        graph = helper.make_graph(
            self.nodes, "mtcnn", [_value("images", ["N", 3, "H", "W"])],
            [_value(name, shape) for name, shape in shapes.items()], self.arrays,
        )  # fmt: skip
        model = helper.make_model(graph, opset_imports=[OPSET], ir_version=8)
        onnx.checker.check_model(model)
        return model.SerializeToString()


def _value(name: str, shape: list) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
