#!/usr/bin/env python3
"""Sends the pictures of a folder, 30 a second: python3 send.py 127.0.0.1:8000 pictures"""

import pathlib
import socket
import struct
import sys
import time


def stamped(jpeg, seq):
    """The picture with its number and the time in a comment behind its first two bytes; leave it out if you like."""
    text = b"rv1 seq=%d t=%d" % (seq, time.time_ns())
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(text)) + text + jpeg[2:]


def main():
    if len(sys.argv) != 3:
        sys.exit("send.py: give an address and a folder, for example 127.0.0.1:8000 pictures")
    host, port = sys.argv[1].rsplit(":", 1)
    files = sorted(pathlib.Path(sys.argv[2]).glob("*.jpg"))
    with socket.create_connection((host, int(port))) as viewer:
        viewer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for seq, file in enumerate(files):
            jpeg = stamped(file.read_bytes(), seq)
            viewer.sendall(struct.pack("<L", len(jpeg)) + jpeg)
            time.sleep(1 / 30)
        viewer.sendall(struct.pack("<L", 0))
    print(f"sent {len(files)} pictures")


if __name__ == "__main__":
    main()
