"""Prints what Zenoh's own library for Python receives of a fleet: for each message and token a line of JSON.

The first argument is the router's address; with a second one, a domain of ROS 2, it prints what there is for that as well. It ends on
SIGINT or SIGTERM.
"""

import hashlib
import json
import signal
import struct
import sys
import threading
import time

import zenoh

# A number, nanoseconds since 1970, the length of what follows, and the stream: the attachment of ROS 2's rmw_zenoh.
ATTACHMENT = struct.Struct("<qqB16s")


def picture(sample):
    data = sample.payload.to_bytes()
    number, time_ns, length, stream = ATTACHMENT.unpack(sample.attachment.to_bytes())
    say(
        "picture",
        sample,
        number=number,
        time_ns=time_ns,
        length=length,
        stream=stream.hex(),
        is_whole=data.startswith(b"\xff\xd8\xff") and data.endswith(b"\xff\xd9"),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def compressed_image(sample):
    """A sensor_msgs/msg/CompressedImage in little-endian CDR: after the encapsulation's four bytes fields are aligned to four."""
    cdr = sample.payload.to_bytes()[4:]
    seconds, nanoseconds = struct.unpack_from("<iI", cdr)
    at = 8
    texts = []
    for what in ("frame_id", "format", "data"):
        at += -at % 4
        (length,) = struct.unpack_from("<I", cdr, at)
        texts.append(cdr[at + 4 : at + 4 + length])
        at += 4 + length
    frame_id, coding, data = texts
    number, time_ns, _, gid = ATTACHMENT.unpack(sample.attachment.to_bytes())
    say(
        "compressed_image",
        sample,
        number=number,
        is_stamped=time_ns == seconds * 1_000_000_000 + nanoseconds,
        gid=gid.hex(),
        frame_id=frame_id.rstrip(b"\0").decode(),
        format=coding.rstrip(b"\0").decode(),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def objects(sample):
    say("objects", sample, found=json.loads(sample.payload.to_string()))


def token(sample):
    say("token", sample, is_there=sample.kind == zenoh.SampleKind.PUT)


def say(what, sample, **more):
    key = str(sample.key_expr)
    line = {"what": what, "key": key, "at": time.monotonic(), "encoding": str(sample.encoding)} | more
    with ONE_AT_A_TIME:
        print(json.dumps(line), flush=True)


ONE_AT_A_TIME = threading.Lock()
ENDS = {signal.SIGINT, signal.SIGTERM}

# Before Zenoh starts its threads, so that none of them takes the signal.
signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
config = zenoh.Config()
config.insert_json5("mode", '"client"')
config.insert_json5("connect/endpoints", json.dumps([sys.argv[1]]))
config.insert_json5("scouting/multicast/enabled", "false")
with zenoh.open(config) as session:
    session.declare_subscriber("robot-vision/*/camera", picture)
    session.declare_subscriber("robot-vision/*/objects", objects)
    session.liveliness().declare_subscriber("robot-vision-worker/**", token, history=True)
    for domain in sys.argv[2:]:
        session.declare_subscriber(f"{domain}/robot_vision/*/camera/compressed/**", compressed_image)
        session.liveliness().declare_subscriber(f"@ros2_lv/{domain}/**", token, history=True)
    print(json.dumps({"what": "ready"}), flush=True)
    signal.sigwait(ENDS)
