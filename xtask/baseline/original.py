"""The original's PC side: a thread receives, and the main loop takes the newest picture and searches it.

Prints its port; then, when the stream has ended, what it decoded. It opens no window.
"""

import io
import socket
import struct
import threading
import time

import cv2
import numpy as np
from PIL import Image

from calls import Original
from stamps import Log, say_port


class Newest:
    """The picture that came last."""

    def __init__(self):
        self.image = None
        self.is_over = False

    def receive(self, server_socket):
        connection = server_socket.accept()[0].makefile("rb")
        len_size = struct.calcsize("<L")
        while img_len := struct.unpack("<L", connection.read(len_size))[0]:
            self.image = Image.open(io.BytesIO(connection.read(img_len)))
        self.is_over = True


def main():
    original, newest, log, last = Original(), Newest(), Log(), None
    server_socket = socket.socket()
    server_socket.bind(("127.0.0.1", 0))
    server_socket.listen(1)
    server_socket.settimeout(60)
    say_port(server_socket.getsockname()[1])
    threading.Thread(target=newest.receive, args=(server_socket,), daemon=True).start()
    while not newest.is_over:
        image = newest.image
        if image is last:
            # The original showed a picture again, and waited for a key meanwhile.
            time.sleep(0.001)
            continue
        last = image
        frame = cv2.cvtColor(np.array(image), cv2.COLOR_RGB2BGR)
        log.decoded(image.info.get("comment", b""))
        grey = original.grey(frame)
        original.codes(image)
        original.faces(grey)
        original.humans(grey)
    log.print()


if __name__ == "__main__":
    main()
