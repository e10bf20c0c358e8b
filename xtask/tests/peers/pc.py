#!/usr/bin/env python3
"""Receives one robot's stream the way the PC side of picamera's recipe does, and prints what came as JSON lines.

Written from the recipe's description and nothing of this workspace, so that the two can disagree. Only the standard
library is used. The first line tells the port; then a line for each frame; the last says how the stream ended.
"""

import hashlib
import json
import socket
import struct


def say(**fields):
    print(json.dumps(fields), flush=True)


def main():
    server_socket = socket.socket()
    server_socket.bind(("127.0.0.1", 0))
    server_socket.listen(1)
    server_socket.settimeout(60)
    say(port=server_socket.getsockname()[1])
    robot, _ = server_socket.accept()
    robot.settimeout(60)
    connection = robot.makefile("rb")
    len_size = struct.calcsize("<L")
    try:
        while True:
            header = connection.read(len_size)
            if len(header) < len_size:
                say(ended="truncated" if header else "hang-up")
                return
            img_len = struct.unpack("<L", header)[0]
            if not img_len:
                say(ended="end-of-stream", after=len(connection.read()))
                return
            image = connection.read(img_len)
            if len(image) < img_len:
                say(ended="truncated")
                return
            say(
                length=img_len,
                sha256=hashlib.sha256(image).hexdigest(),
                whole=image.startswith(b"\xff\xd8") and image.endswith(b"\xff\xd9"),
            )
    finally:
        connection.close()
        robot.close()
        server_socket.close()


if __name__ == "__main__":
    main()
