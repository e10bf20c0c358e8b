#!/usr/bin/env python3
"""Makes the recordings beside it with other people's libraries: pip install mcap mcap-ros2-support foxglove-schemas-protobuf

Each holds two pictures on /cam, FF D8 FF 00 and FF D8 FF 01, 100 ms apart, and one on /png.
"""

import struct
from pathlib import Path

from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from mcap.writer import CompressionType, Writer
from mcap_ros2.writer import Writer as Ros2Writer

HERE = Path(__file__).parent
START = 1_700_000_000_000_000_000
ROS2_DEFINITION = """std_msgs/Header header
string format
uint8[] data
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
"""
PICTURES = [
    ("/cam", 0, "jpeg", b"\xff\xd8\xff\x00"),
    ("/png", 50_000_000, "png", b"\x89PNG"),
    ("/cam", 100_000_000, "jpeg", b"\xff\xd8\xff\x01"),
]


def record(name, compression, schema, encoding, message):
    with open(HERE / name, "wb") as file:
        writer = Writer(file, compression=compression)
        writer.start()
        schema_id = writer.register_schema(*schema)
        channels = {topic: writer.register_channel(topic, encoding, schema_id) for topic in ("/cam", "/png")}
        for topic, after, format, data in PICTURES:
            writer.add_message(
                channels[topic], log_time=START + after, publish_time=START + after, data=message(after, format, data)
            )
        writer.finish()


def foxglove(after, format, data):
    image = CompressedImage(frame_id="cam", format=format, data=data)
    image.timestamp.FromNanoseconds(START + after - 1)
    return image.SerializeToString()


def stamp(after):
    return divmod(START + after - 1, 1_000_000_000)


def big_endian(after, format, data, header=b"\0\0\0\0"):
    out = header + struct.pack(">II", *stamp(after))
    for part in (b"cam\0", format.encode() + b"\0", data):
        out += b"\0" * (-len(out) % 4) + struct.pack(">I", len(part)) + part
    return out


def ros1(after, format, data):
    out = struct.pack("<III", 9, *stamp(after))
    for part in (b"cam", format.encode(), data):
        out += struct.pack("<I", len(part)) + part
    return out


def descriptors():
    files, found = FileDescriptorSet(), set()

    def add(file):
        if file.name not in found:
            found.add(file.name)
            for dependency in file.dependencies:
                add(dependency)
            file.CopyToProto(files.file.add())

    add(CompressedImage.DESCRIPTOR.file)
    return files.SerializeToString()


def ros2(name):
    with open(HERE / name, "wb") as file:
        writer = Ros2Writer(file, compression=CompressionType.NONE)
        schema = writer.register_msgdef("sensor_msgs/msg/CompressedImage", ROS2_DEFINITION)
        for topic, after, format, data in PICTURES:
            seconds, nanos = stamp(after)
            header = {"stamp": {"sec": seconds, "nanosec": nanos}, "frame_id": "cam"}
            message = {"header": header, "format": format, "data": list(data)}
            writer.write_message(topic, schema, message, log_time=START + after, publish_time=START + after)
        writer.finish()


protobuf = ("foxglove.CompressedImage", "protobuf", descriptors())
msg2 = ("sensor_msgs/msg/CompressedImage", "ros2msg", ROS2_DEFINITION.encode())
msg1 = ("sensor_msgs/CompressedImage", "ros1msg", b"Header header\nstring format\nuint8[] data\n")
record("foxglove-zstd.mcap", CompressionType.ZSTD, protobuf, "protobuf", foxglove)
record("foxglove-lz4.mcap", CompressionType.LZ4, protobuf, "protobuf", foxglove)
record("ros1.mcap", CompressionType.NONE, msg1, "ros1", ros1)
record("ros2-big-endian.mcap", CompressionType.NONE, msg2, "cdr", big_endian)
record("ros2-xcdr2.mcap", CompressionType.NONE, msg2, "cdr", lambda *picture: big_endian(*picture, b"\0\6\0\0"))
ros2("ros2.mcap")
