#!/usr/bin/env python3
"""Passes one robot's stream on to a viewer at a limited rate, and prints how old each frame is when it has passed.

The rate is that of a slow radio link: bytes are taken from the robot no faster than that, in small portions, and next to
nothing is kept on the way. Only the standard library is used. The first line tells the port; then a line for each frame,
with number and age if the frame is stamped; the last says how the stream ended.
"""

import argparse
import json
import re
import socket
import struct
import time

STAMP = re.compile(rb"\xff\xd8\xff\xfe..rv1 seq=(\d+) t=(\d+)", re.DOTALL)


def say(**fields):
    print(json.dumps(fields), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--to", help="HOST:PORT of the viewer; without it frames are read and thrown away")
    options.add_argument("--rate", type=float, default=float("inf"), help="bytes a second")
    options.add_argument("--block-after", type=int, help="after so many frames read nothing more, and keep the connection")
    options = options.parse_args()

    listener = socket.socket()
    # Both are the robot's limits as well: it cannot have more than this on the way, in packets of a usual size.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    say(port=listener.getsockname()[1])
    robot, _ = listener.accept()
    viewer = None
    if options.to:
        host, _, port = options.to.rpartition(":")
        viewer = socket.create_connection((host, int(port)))
        viewer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    due = time.monotonic()

    def take(length):
        """The next bytes at the link's rate, passed on as they come; fewer if the robot has closed."""
        nonlocal due
        taken = bytearray()
        while len(taken) < length:
            part = robot.recv(min(1400, length - len(taken)))
            if not part:
                break
            taken += part
            # A link that had nothing to do does not go faster later.
            due = max(due, time.monotonic() - 0.01) + len(part) / options.rate
            time.sleep(max(0.0, due - time.monotonic()))
            if viewer is not None:
                viewer.sendall(part)
        return bytes(taken)

    frames = 0
    while frames != options.block_after:
        header = take(4)
        if len(header) < 4:
            return say(ended="truncated" if header else "hang-up")
        (length,) = struct.unpack("<L", header)
        if length == 0:
            return say(ended="end-of-stream", after=len(robot.recv(1)))
        frame = take(length)
        if len(frame) < length:
            return say(ended="truncated")
        now = time.time_ns()
        stamp = STAMP.match(frame)
        age = {"seq": int(stamp[1]), "age_ms": (now - int(stamp[2])) / 1e6} if stamp else {}
        say(length=length, whole=frame.startswith(b"\xff\xd8") and frame.endswith(b"\xff\xd9"), **age)
        frames += 1
    # The connection stays open until the test ends this program.
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
