#!/usr/bin/env python3
"""Makes people.onnx, the part of MoveNet Lightning that finds people, from the npm package @vladmandic/human 3.3.6.

    npm pack @vladmandic/human@3.3.6
    tar xzf vladmandic-human-3.3.6.tgz package/models/movenet-lightning.json package/models/movenet-lightning.bin
    pip install onnx numpy
    python make.py package/models people.onnx
    python make.py package/models people-for-opencv.onnx --for-opencv

The package holds the model for TensorFlow.js: a graph in JSON, and weights of 16 bits. Of the graph stays what leads to a
person's centre and to the key points from there. Of the ends that are left out, one picks the most central person, which
is why the whole model answers with one, and one refines the key points. The input may have any size then.

OpenCV 4.6 reads no weights of 16 bits, and no Clip with limits as inputs, as ONNX has it since version 11. So the weights
become 32 bits, and Relu6(x) = 6 HardSigmoid(x), with a slope of one sixth; the 6 goes into the convolution that follows.
That file is ONNX by the book.

The file for OpenCV, which is the one in the program, has Clip with limits as attributes instead, as in ONNX until version
10. OpenCV reads that in any version, and Debian's OpenCV takes 119 ms for 640x480 with it, and 205 with HardSigmoid.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CENTER = "StatefulPartitionedCall/Sigmoid_1"
REGRESSION = "StatefulPartitionedCall/kpt_regress_0/conv2d_6/BiasAdd"
NORMALISED = "StatefulPartitionedCall/sub_1"


def main(models, target, variant=None):
    assert variant in (None, "--for-opencv"), variant
    graph, weights = read(Path(models))
    builder = Builder(graph, weights, has_clip=variant is not None)
    builder.build(CENTER, "center")
    # The numbers between belong to the map of key points, which is left out: with them the file is what it always was.
    builder.count += 10
    builder.build(REGRESSION, "reg")
    size = [1, 3, "h", "w"]
    maps = [("center", [1, 1, "h4", "w4"]), ("reg", [1, 34, "h4", "w4"])]
    model = helper.make_model(
        helper.make_graph(
            builder.nodes,
            "movenet",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, size)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in maps],
            builder.tensors,
        ),
        opset_imports=[helper.make_opsetid("", 13)],
    )
    model.ir_version = 8
    if variant is None:
        onnx.checker.check_model(model)
    Path(target).write_bytes(model.SerializeToString())


def read(models):
    """The nodes and the constants of a TensorFlow.js graph, by name."""
    document = json.loads((models / "movenet-lightning.json").read_text())
    graph = {node["name"]: node for node in document["modelTopology"]["node"]}
    data = (models / "movenet-lightning.bin").read_bytes()
    weights, at = {}, 0
    for entry in document["weightsManifest"][0]["weights"]:
        stored = np.dtype(entry.get("quantization", {}).get("dtype", entry["dtype"]))
        count = int(np.prod(entry["shape"], dtype=int))
        values = np.frombuffer(data, stored, count, at).reshape(entry["shape"])
        weights[entry["name"]] = values.astype(entry["dtype"])
        at += count * stored.itemsize
    assert at == len(data)
    return graph, weights


class Builder:
    """Writes nodes from the input on; tensors are named by a running number."""

    def __init__(self, graph, weights, has_clip):
        self.graph, self.weights, self.has_clip = graph, weights, has_clip
        self.nodes, self.tensors, self.count = [], [], 0
        self.tensors.append(numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "two"))
        # What each of TensorFlow's nodes became, and by how much that has to be multiplied.
        self.made = {NORMALISED: (self.normalised(), 1)}

    def build(self, name, output):
        self.visit(name)
        self.nodes[-1].output[0] = output

    def visit(self, name):
        if name in self.made:
            return self.made[name]
        node = self.graph[name]
        convolution = node["op"] in ("_FusedConv2D", "FusedDepthwiseConv2dNative", "DepthwiseConv2dNative")
        if convolution:
            made = self.convolution(node)
        elif node["op"] == "AddV2":
            made = self.node("Add", [self.plain(name) for name in node["input"]]), 1
        elif node["op"] == "ResizeBilinear":
            options = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
            made = self.node("Resize", [self.plain(node["input"][0]), "", "two"], **options), 1
        elif node["op"] == "Sigmoid":
            made = self.node("Sigmoid", [self.plain(node["input"][0])]), 1
        else:
            raise ValueError(f"{name}: {node['op']} is not expected here")
        self.made[name] = made
        return made

    def plain(self, name):
        tensor, factor = self.visit(name)
        assert factor == 1, f"{name} needs a convolution behind it"
        return tensor

    def convolution(self, node):
        source, factor = self.visit(node["input"][0])
        kernel = self.weights[node["input"][1]]
        if node["op"] == "_FusedConv2D":
            groups, kernel = 1, kernel.transpose(3, 2, 0, 1)
        else:
            groups, kernel = kernel.shape[2], kernel.transpose(2, 3, 0, 1)
        kernel = kernel * np.float32(factor)
        inputs = [source, self.constant(kernel)]
        if len(node["input"]) > 2:
            inputs.append(self.constant(self.weights[node["input"][2]]))
        stride = int(node["attr"]["strides"]["list"]["i"][1])
        # TensorFlow's "same" of an even size: a stride of 2 has the one pixel too many at the right and below.
        before, after = {(1, 1): (0, 0), (3, 1): (1, 1), (3, 2): (0, 1)}[kernel.shape[2], stride]
        options = {
            "group": groups,
            "kernel_shape": kernel.shape[2:],
            "pads": [before, before, after, after],
            "strides": [stride, stride],
        }
        result = self.node("Conv", inputs, **options)
        fused = node["attr"].get("fused_ops", {}).get("list", {}).get("s", [])
        if RELU6 in fused and self.has_clip:
            return self.node("Clip", [result], min=0.0, max=6.0), 1
        if RELU6 in fused:
            return self.node("HardSigmoid", [result], alpha=1 / 6, beta=0.0), 6
        if RELU in fused:
            return self.node("Relu", [result]), 1
        return result, 1

    def normalised(self):
        """TensorFlow has (x - 0) / 127.5 - 1 in three nodes."""
        minus, times = (self.weights[f"StatefulPartitionedCall/{name}"] for name in ("Reshape", "truediv"))
        shift = self.weights["StatefulPartitionedCall/sub_1/y"]
        times, minus = (np.broadcast_to(value.reshape(-1), 3).astype(np.float32) for value in (times, minus))
        scale, offset = (value.reshape(1, 3, 1, 1) for value in (times, -minus * times - shift))
        scaled = self.node("Mul", ["image", self.constant(scale)])
        return self.node("Add", [scaled, self.constant(offset)])

    def node(self, kind, inputs, **options):
        name = f"t{self.number()}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **options))
        return name

    def constant(self, values):
        name = f"w{self.number()}"
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    def number(self):
        self.count += 1
        return self.count


# As the graph has them: "Relu6" and "Relu" in base64.
RELU6, RELU = "UmVsdTY=", "UmVsdQ=="

if __name__ == "__main__":
    main(*sys.argv[1:])
