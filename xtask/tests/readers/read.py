"""Prints what Python's MCAP libraries read in recordings: for each file a line of JSON.

A file that was cut off is read up to there. Anything else that a library refuses ends this program with its error.
"""

import hashlib
import json
import re
import sys

from foxglove_schemas_protobuf.ImageAnnotations_pb2 import ImageAnnotations
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.json_format import MessageToDict
from mcap.exceptions import EndOfFile
from mcap.reader import make_reader
from mcap.records import Channel, Footer, Header, Message, Schema
from mcap.stream_reader import StreamReader
from mcap_protobuf.decoder import DecoderFactory as ProtobufFactory
from mcap_ros2.decoder import DecoderFactory as Ros2Factory


def read(path):
    """Everything in the file at `path`, in its order."""
    told = {"complete": False, "header": False, "channels": {}, "messages": [], "index": None}
    schemas, channels, factories = {}, {}, [Ros2Factory(), ProtobufFactory()]
    with open(path, "rb") as file:
        try:
            for record in StreamReader(file, validate_crcs=True).records:
                if isinstance(record, Header):
                    told["header"] = True
                elif isinstance(record, Schema):
                    schemas[record.id] = record
                elif isinstance(record, Channel):
                    channels[record.id] = record
                    told["channels"][record.topic] = channel(record, schemas[record.schema_id])
                elif isinstance(record, Message):
                    of = channels[record.channel_id]
                    told["messages"].append(message(record, of, schemas[of.schema_id], factories))
                elif isinstance(record, Footer):
                    told["complete"] = True
        except EndOfFile:
            told["complete"] = False
    if told["complete"]:
        told["index"] = index(path)
    return told


def index(path):
    """How many messages of each topic a reader finds that goes by the index at the end."""
    found = {}
    with open(path, "rb") as file:
        for _, of, _ in make_reader(file, validate_crcs=True).iter_messages():
            found[of.topic] = found.get(of.topic, 0) + 1
    return found


def channel(record, schema):
    told = {"schema": schema.name, "schema_encoding": schema.encoding, "encoding": record.message_encoding}
    if schema.encoding == "protobuf":
        told["definition"] = definitions(FileDescriptorSet.FromString(schema.data).file)
        told["official"] = definitions(files_of(ImageAnnotations.DESCRIPTOR.file))
    else:
        told["definition"] = schema.data.decode()
    return told


def message(record, of, schema, factories):
    told = {
        "topic": of.topic,
        "sequence": record.sequence,
        "log_time": record.log_time,
        "publish_time": record.publish_time,
    }
    decoders = (factory.decoder_for(of.message_encoding, schema) for factory in factories)
    decode = next((decoder for decoder in decoders if decoder is not None), json.loads)
    decoded = decode(record.data)
    if of.message_encoding == "cdr":
        told |= image(decoded)
    elif of.message_encoding == "protobuf":
        told |= annotations(decoded, record.data)
    else:
        told["line"] = decoded
    return told


def image(decoded):
    data = bytes(decoded.data)
    without, stamp = taken_out(data)
    return {
        "stamp": nanoseconds(decoded.header.stamp.sec, decoded.header.stamp.nanosec),
        "frame_id": decoded.header.frame_id,
        "format": decoded.format,
        "sha256": hashlib.sha256(data).hexdigest(),
        "sha256_without_stamp": hashlib.sha256(without).hexdigest(),
        "robots_number": stamp and int(stamp[1]),
        "robots_time": stamp and int(stamp[2]),
    }


def taken_out(jpeg):
    """The JPEG without the comment that it begins with, if that is a stamp; and the stamp."""
    if jpeg[2:4] != b"\xff\xfe":
        return jpeg, None
    # The length counts itself, and the marker in front not.
    end = 4 + int.from_bytes(jpeg[4:6], "big")
    stamp = re.fullmatch(rb"rv1 seq=(\d+) t=(\d+)", jpeg[6:end])
    return (jpeg[:2] + jpeg[end:], stamp) if stamp else (jpeg, None)


def annotations(decoded, data):
    by_the_official = ImageAnnotations.FromString(data)
    return {
        "stamp": nanoseconds(decoded.timestamp.seconds, decoded.timestamp.nanos),
        "official_agrees": MessageToDict(by_the_official) == MessageToDict(decoded),
        "stamps": [
            nanoseconds(part.timestamp.seconds, part.timestamp.nanos)
            for parts in (decoded.circles, decoded.points, decoded.texts)
            for part in parts
        ],
        "points": [{"type": part.type, "points": [[at.x, at.y] for at in part.points]} for part in decoded.points],
        "texts": [{"text": part.text, "at": [part.position.x, part.position.y]} for part in decoded.texts],
    }


def nanoseconds(seconds, rest):
    return seconds * 1_000_000_000 + rest


def files_of(file):
    """The definitions of a file and of those that it imports."""
    own = FileDescriptorProto()
    file.CopyToProto(own)
    return [own] + [found for other in file.dependencies for found in files_of(other)]


def definitions(files):
    """For each message and enumeration its numbers, and what they stand for."""
    found = {}
    for file in files:
        for kind in file.message_type:
            found |= messages(file.package, kind)
        for kind in file.enum_type:
            found |= enumeration(file.package, kind)
    return found


def messages(scope, kind):
    name = f"{scope}.{kind.name}"
    found = {name: {field.number: [field.name, field.type, field.label, field.type_name] for field in kind.field}}
    for nested in kind.nested_type:
        found |= messages(name, nested)
    for nested in kind.enum_type:
        found |= enumeration(name, nested)
    return found


def enumeration(scope, kind):
    return {f"{scope}.{kind.name}": {value.number: value.name for value in kind.value}}


for path in sys.argv[1:]:
    print(json.dumps(read(path)), flush=True)
