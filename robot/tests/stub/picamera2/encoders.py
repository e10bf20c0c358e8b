"""picamera2/encoders: who calls an output, from which thread, and what becomes of an exception there.

`MJPEGEncoder` is the hardware's with STUB_PI=4 (the default), and otherwise another name for `LibavMjpegEncoder`, as in
picamera2/encoders/__init__.py.
"""

import os
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from enum import Enum

from .outputs import Output


class Quality(Enum):
    VERY_LOW = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    VERY_HIGH = 4


class Encoder:
    """encoder.py. Not here: audio."""

    def __init__(self):
        self._output = []
        self._running = False
        self.name = None
        self.firsttimestamp = None
        self._lock = threading.Lock()
        self._output_lock = threading.Lock()

    @property
    def output(self):
        return self._output[0] if len(self._output) == 1 else self._output

    @output.setter
    def output(self, value):
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(out, Output) for out in values):
            raise RuntimeError("Must pass Output")
        self._output = values

    def encode(self, stream, request):
        with self._lock:
            self._encode(stream, request)

    def start(self, quality=None):
        with self._lock:
            if self._running:
                raise RuntimeError("Encoder already running")
            self._setup(quality)
            self._running = True
            self.firsttimestamp = None
            for out in self._output:
                out.start()
            self._start()

    def stop(self):
        with self._lock:
            if not self._running:
                raise RuntimeError("Encoder already stopped")
            self._running = False
            self._stop()
            for out in self._output:
                out.stop()

    def outputframe(self, frame, keyframe=True, timestamp=None, packet=None, audio=False):
        with self._output_lock:
            for out in self._output:
                out.outputframe(frame, keyframe, timestamp, packet, audio)

    def _timestamp(self, request):
        ts = int(request.metadata["SensorTimestamp"] / 1000)
        if self.firsttimestamp is None:
            self.firsttimestamp = ts
            return 0
        return ts - self.firsttimestamp


class HardwareMjpegEncoder(Encoder):
    """mjpeg_encoder.py on v4l2_encoder.py: a thread polls the driver, and an exception in an output ends it."""

    def __init__(self, bitrate=None):
        super().__init__()
        self.bitrate = bitrate
        self._frames = queue.Queue()

    def _setup(self, quality):
        self.quality = quality or Quality.MEDIUM

    def _start(self):
        for out in self._output:
            out._add_stream("video", "mjpeg", rate=30)
        self.thread = threading.Thread(target=self._poll, daemon=True)
        self.thread.start()

    def _stop(self):
        self.thread.join()

    def _poll(self):
        while self._running or not self._frames.empty():
            try:
                jpeg, timestamp = self._frames.get(timeout=0.4)
            except queue.Empty:
                continue
            self.outputframe(jpeg, True, timestamp)

    def _encode(self, stream, request):
        self._frames.put((request.jpeg, self._timestamp(request)))


class LibavMjpegEncoder(Encoder):
    """libav_mjpeg_encoder.py: runs on the camera's own thread, and gives a picture out when the next comes."""

    def __init__(self, bitrate=None, repeat=True, iperiod=30, framerate=30, qp=None):
        super().__init__()
        self.bitrate = bitrate
        self.qp = qp
        self._kept = None

    def _setup(self, quality):
        self.quality = quality or Quality.MEDIUM

    def _start(self):
        for out in self._output:
            out._add_stream(None, "mjpeg", rate=30)

    def _stop(self):
        self._give_out()

    def _encode(self, stream, request):
        self._give_out()
        self._kept = (request.jpeg, self._timestamp(request))

    def _give_out(self):
        if self._kept is not None:
            self.outputframe(self._kept[0], True, self._kept[1], object())


class JpegEncoder(Encoder):
    """jpeg_encoder.py on multi_encoder.py: threads encode, one more calls the outputs, and an exception there ends it."""

    def __init__(self, num_threads=4, q=None, colour_space=None, colour_subsampling="420"):
        super().__init__()
        self.q = q
        self.threads = ThreadPoolExecutor(num_threads)
        self.tasks = queue.Queue()

    def _setup(self, quality):
        if quality is not None or self.q is None:
            table = {Quality.VERY_LOW: 25, Quality.LOW: 35, Quality.MEDIUM: 50, Quality.HIGH: 65, Quality.VERY_HIGH: 80}
            self.q = table[quality or Quality.MEDIUM]

    def _start(self):
        self.thread = threading.Thread(target=self.output_thread, daemon=True)
        self.thread.start()

    def _stop(self):
        self.tasks.put(None)
        self.thread.join()

    def output_thread(self):
        while (task := self.tasks.get()) is not None:
            buffer, timestamp_us = task.result()
            self.outputframe(buffer, timestamp=timestamp_us)

    def _encode(self, stream, request):
        if self._running:
            self.tasks.put(self.threads.submit(lambda: (request.jpeg, self._timestamp(request))))


if os.environ.get("STUB_PI", "4") == "4":
    HardwareMjpegEncoder.__name__ = "MJPEGEncoder"
    MJPEGEncoder = HardwareMjpegEncoder
else:
    MJPEGEncoder = LibavMjpegEncoder
