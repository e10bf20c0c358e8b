"""When a picture was taken and when a receiver had decoded it, as far as receivers share this."""

import json
import time


class Log:
    """What a receiver had decoded, and when: kept in memory, so that writing it down delays no picture."""

    def __init__(self):
        self.pictures = []
        self.started = None

    def decoded(self, comment):
        """Call it as soon as a picture is decoded, with the JPEG comment that robot-sim stamps it with."""
        now = time.time_ns()
        if self.started is None:
            self.started = now
        taken = dict(part.split(b"=", 1) for part in comment.split() if b"=" in part)
        self.pictures.append([int(taken.get(b"seq", 0)), int(taken.get(b"t", 0)), now])

    def print(self):
        """One line: how many pictures, the seconds since the first one, and each as [number, taken, decoded] in ns."""
        seconds = (time.time_ns() - self.started) / 1e9 if self.pictures else 0.0
        print(json.dumps({"frames": len(self.pictures), "seconds": seconds, "pictures": self.pictures}), flush=True)


def say_port(port):
    print(json.dumps({"port": port}), flush=True)


def work(milliseconds):
    """Keeps a core busy, as detectors do."""
    until = time.perf_counter() + milliseconds / 1000
    while time.perf_counter() < until:
        pass
