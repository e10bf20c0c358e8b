"""The receiver of picamera's recipe for streaming over a network, with Pillow's decoder.

Prints its port; then, when the stream has ended, what it received.
"""

import argparse
import io
import json
import socket
import struct

try:
    from PIL import Image
except ImportError as error:
    print(json.dumps({"missing": str(error)}), flush=True)
    raise SystemExit(0)

from stamps import Log, say_port, work


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work-ms", type=float, default=0.0, help="how long to be busy with each picture")
    work_ms = parser.parse_args().work_ms
    server_socket = socket.socket()
    server_socket.bind(("127.0.0.1", 0))
    server_socket.listen(1)
    server_socket.settimeout(60)
    say_port(server_socket.getsockname()[1])
    connection = server_socket.accept()[0].makefile("rb")
    len_size, log = struct.calcsize("<L"), Log()
    while True:
        img_len = struct.unpack("<L", connection.read(len_size))[0]
        if not img_len:
            break
        image = Image.open(io.BytesIO(connection.read(img_len)))
        # Opening reads the header alone; a program that uses the pixels decodes them as well.
        image.load()
        log.decoded(image.info.get("comment", b""))
        work(work_ms)
    log.print()


if __name__ == "__main__":
    main()
