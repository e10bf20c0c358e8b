#!/usr/bin/env python3
"""Streams JPEG files to a viewer the way picamera's recipe "capturing to a network stream" does.

Written from the recipe's description and nothing of this workspace, so that the two can disagree. Only the standard
library is used.
"""

import argparse
import io
import socket
import struct
import sys
import time


def dial(address, patience):
    """Connects, and tries again every 0.1 s until that works, as the robot does."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return socket.create_connection(address, timeout=patience)
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"robot.py: cannot connect to {address[0]}:{address[1]}: {error}")
            time.sleep(0.1)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("address", help="HOST:PORT of the viewer")
    options.add_argument("images", nargs="+", help="JPEG files, sent in this order")
    options.add_argument("--no-end", action="store_true", help="close without the length of zero, as many robots do")
    options = options.parse_args()

    host, _, port = options.address.rpartition(":")
    client_socket = dial((host, int(port)), patience=10)
    connection = client_socket.makefile("wb")
    try:
        for path in options.images:
            with open(path, "rb") as image:
                stream = io.BytesIO(image.read())
            stream.seek(0, io.SEEK_END)
            # The length, flushed: it usually travels in a segment of its own.
            connection.write(struct.pack("<L", stream.tell()))
            connection.flush()
            stream.seek(0)
            connection.write(stream.read())
        if not options.no_end:
            connection.write(struct.pack("<L", 0))
    finally:
        connection.close()
        client_socket.close()


if __name__ == "__main__":
    main()
