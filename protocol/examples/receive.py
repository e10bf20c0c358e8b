#!/usr/bin/env python3
"""Waits for one robot and saves its pictures: python3 receive.py 0.0.0.0:8000 pictures"""

import pathlib
import socket
import struct
import sys

LIMIT = 16 * 1024 * 1024


def frames(stream):
    """The JPEGs of a stream, until the robot ends it or closes between two of them."""
    while header := stream.read(4):
        if len(header) < 4:
            sys.exit("receive.py: the stream ends inside a header")
        (length,) = struct.unpack("<L", header)
        if length == 0:
            return
        if length > LIMIT:
            sys.exit(f'receive.py: a header announces {length} bytes; check that the robot packs the length as "<L"')
        jpeg = stream.read(length)
        if len(jpeg) < length:
            sys.exit("receive.py: the stream ends inside a picture")
        yield jpeg


def main():
    if len(sys.argv) != 3:
        sys.exit("receive.py: give an address and a folder, for example 0.0.0.0:8000 pictures")
    host, port = sys.argv[1].rsplit(":", 1)
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server((host, int(port))) as server:
        print("waiting for a robot at {}:{}".format(*server.getsockname()), flush=True)
        robot, (peer, _) = server.accept()
    saved = 0
    with robot, robot.makefile("rb") as stream:
        for saved, jpeg in enumerate(frames(stream), start=1):
            (folder / f"{saved - 1:06}.jpg").write_bytes(jpeg)
    print(f"saved {saved} pictures of {peer} in {folder}")


if __name__ == "__main__":
    main()
