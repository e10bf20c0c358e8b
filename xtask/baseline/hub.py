"""A receiver with imagezmq as its documentation shows it: one that answers each picture when it is done with it.

Prints its port; then, when the sender says that it is done, what it received.
"""

import argparse
import io

import imagezmq
import zmq
from PIL import Image

from stamps import Log, say_port, work


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work-ms", type=float, default=0.0, help="how long to be busy with each picture")
    work_ms = parser.parse_args().work_ms
    hub = imagezmq.ImageHub(open_port="tcp://127.0.0.1:*")
    endpoint = hub.zmq_socket.getsockopt(zmq.LAST_ENDPOINT).decode()
    say_port(int(endpoint.rsplit(":", 1)[1]))
    log = Log()
    while True:
        stamp, jpeg = hub.recv_jpg()
        if not stamp:
            break
        Image.open(io.BytesIO(jpeg)).load()
        log.decoded(stamp.encode())
        work(work_ms)
        hub.send_reply(b"OK")
    hub.send_reply(b"OK")
    log.print()


if __name__ == "__main__":
    main()
