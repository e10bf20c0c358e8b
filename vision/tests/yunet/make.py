"""Writes stub.onnx, a network with YuNet's inputs and outputs, to which a bright square of 64 pixels is a face; and
other.onnx, a network that has nothing to do with faces.

    pip install onnx && python3 make.py

It has the outputs of both of YuNet's models: `loc`, `conf`, `iou` of 2022mar, which OpenCV reads before 4.8, and `cls_*`,
`obj_*`, `bbox_*`, `kps_*` of 2023mar, which it reads from then on. Either way the face is 128 pixels wide and high.
"""

import math
import os

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

nodes, constants, outputs = [], [], []


def constant(name, values):
    constants.append(numpy_helper.from_array(values, name))
    return name


def output(name, source, columns):
    """Turns 1 x C x H x W into rows of `columns` numbers, cell by cell."""
    nodes.append(helper.make_node("Transpose", [source], [name + "_nhwc"], perm=[0, 2, 3, 1]))
    shape = constant(name + "_shape", np.array([1, -1, columns], np.int64))
    nodes.append(helper.make_node("Reshape", [name + "_nhwc", shape], [name]))
    return name


def linear(name, cells, weights, biases):
    """A 1 x 1 convolution of the cells' mean brightness."""
    weights = np.repeat(np.array(weights, np.float32)[:, None] / 3, 3, axis=1)[:, :, None, None]
    w, b = constant(name + "_w", weights), constant(name + "_b", np.array(biases, np.float32))
    nodes.append(helper.make_node("Conv", [cells, w, b], [name], kernel_shape=[1, 1]))
    return name


def declare(name, columns):
    outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, None, columns]))


def pooled(source, size, name):
    nodes.append(helper.make_node("AveragePool", [source], [name], kernel_shape=[size, size], strides=[size, size]))
    return name


cells = {8: pooled("input", 8, "cells_8")}
for stride in (16, 32, 64):
    cells[stride] = pooled(cells[stride // 2], 2, f"cells_{stride}")

# 2022mar: 3, 2, 2 and 3 boxes a cell; the first of the last is 128 pixels wide.
parts = {"loc": [], "conf": [], "iou": []}
for stride, boxes in ((8, 3), (16, 2), (32, 2), (64, 3)):
    face = [0.0] * (2 * boxes)
    if stride == 64:
        face[1] = 1 / 255
    for name, columns, weights, biases in (
        ("loc", 14, [0.0] * (14 * boxes), [0.0] * (14 * boxes)),
        ("conf", 2, face, [0.0] * (2 * boxes)),
        ("iou", 1, [0.0] * boxes, [1.0] * boxes),
    ):
        part = f"{name}_{stride}_part"
        parts[name].append(output(part, linear(part + "_conv", cells[stride], weights, biases), columns))
for name, columns in (("loc", 14), ("conf", 2), ("iou", 1)):
    nodes.append(helper.make_node("Concat", parts[name], [name], axis=1))
    declare(name, columns)

# 2023mar: one box a cell, whose size is given as a logarithm of cells.
for stride in (8, 16, 32):
    bright = [1 / 255 if stride == 32 else 0.0]
    for name, columns, weights, biases in (
        ("cls", 1, bright, [0.0]),
        ("obj", 1, bright, [0.0]),
        ("bbox", 4, [0.0] * 4, [0.5, 0.5, math.log(4), math.log(4)]),
        ("kps", 10, [0.0] * 10, [0.0] * 10),
    ):
        name = f"{name}_{stride}"
        declare(output(name, linear(name + "_conv", cells[stride], weights, biases), columns), columns)



def write(file, nodes, outputs, constants):
    picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 320, 320])
    graph = helper.make_graph(nodes, "stub", [picture], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    checker.check_model(model)
    save(model, os.path.join(os.path.dirname(os.path.abspath(__file__)), file))


write("stub.onnx", nodes, outputs, constants)
other = helper.make_tensor_value_info("other", TensorProto.FLOAT, [1, 3, None, None])
write("other.onnx", [helper.make_node("Relu", ["input"], ["other"])], [other], [])
