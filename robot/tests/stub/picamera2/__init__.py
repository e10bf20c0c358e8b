"""Stands in for picamera2 on machines without a camera, for the tests of `stream.py`.

Names, signatures, threads and the fate of exceptions are those of https://github.com/raspberrypi/picamera2, read in
picamera2/picamera2.py at ec9ab36d, encoders/encoder.py and outputs/fileoutput.py at bf814e5b, outputs/output.py at ee44f64a,
encoders/v4l2_encoder.py at d547f58f, mjpeg_encoder.py at 6ca39f6b, libav_mjpeg_encoder.py at 3d9cd3c7, multi_encoder.py at
cef8d4e2 and previews/null_preview.py at ddb041ed (the releases of 2025). Only what `stream.py` uses is here.

The environment says what the camera is like:
  STUB_IMAGES  a folder; its JPEG files are the pictures
  STUB_PI      4: the hardware encodes; 5: it does not
  STUB_FAULT   none-found, busy, `lost@N` (no picture after N), `hangs` (lost at once, and never closes)
  STUB_LOG     a file that gets a JSON line with what the camera was told
"""

import atexit
import itertools
import json
import logging
import os
import sys
import threading
import time
from pathlib import Path

from .encoders import Encoder, MJPEGEncoder, Quality
from .outputs import Output

__all__ = ["Encoder", "MJPEGEncoder", "Output", "Picamera2", "Quality"]

_log = logging.getLogger(__name__)
_fault = os.environ.get("STUB_FAULT", "")


class Request:
    """A picture and what is known about it."""

    def __init__(self, jpeg, sensor_timestamp):
        self.jpeg = jpeg
        self.metadata = {"SensorTimestamp": sensor_timestamp}


class Picamera2:
    """The camera."""

    @staticmethod
    def global_camera_info():
        return [] if _fault == "none-found" else [{"Model": "stub", "Location": 2, "Rotation": 0, "Id": "/stub", "Num": 0}]

    def __init__(self, camera_num=0, verbose_console=None, tuning=None, allocator=None):
        self._preview_thread = None
        self._abort = threading.Event()
        self._encoders = set()
        self.lock = threading.Lock()
        self.camera_config = None
        self.started = False
        self.is_open = False
        camera_num = self.global_camera_info()[camera_num]["Num"]
        if _fault == "busy":
            _log.error("Camera __init__ sequence did not complete.")
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.is_open = True
        self.camera_controls = {"FrameDurationLimits": (8000, 1_000_000_000, 33333)}
        atexit.register(self.close)

    def create_video_configuration(
        self, main={}, lores=None, raw={}, transform=None, colour_space=None, buffer_count=6, controls={},
        display="main", encode="main", queue=True, sensor={}, use_case="video",
    ):  # fmt: skip
        stream = {"format": "XBGR8888", "size": (1280, 720), "preserve_ar": True} | main
        controls = {"NoiseReductionMode": 1, "FrameDurationLimits": (33333, 33333)} | controls
        return {"use_case": use_case, "transform": transform, "main": stream, "controls": controls, "encode": encode}

    def configure(self, camera_config=None):
        width, height = camera_config["main"]["size"]
        if width % 2 or height % 2:
            raise RuntimeError("stub: the pipeline wants even sizes")
        self.camera_config = camera_config

    def camera_configuration(self):
        return self.camera_config

    def start_recording(self, encoder, output, pts=None, config=None, quality=None, name=None):
        encoder.output = output
        encoder.name = self.camera_config["encode"]
        encoder.start(quality=quality)
        with self.lock:
            self._encoders.add(encoder)
        self._write_log(encoder)
        self.start()

    def start(self, config=None, show_preview=False):
        self.started = True
        self._preview_thread = threading.Thread(target=self._preview, daemon=True)
        self._preview_thread.start()

    def stop_recording(self):
        self.stop()
        for encoder in self._encoders:
            encoder.stop()
        self._encoders.clear()

    def stop(self):
        if not self.started:
            return
        if _fault == "hangs":
            threading.Event().wait()  # What dispatch_functions(wait=True) does when the event loop is gone.
        self._abort.set()
        self._preview_thread.join()
        self.started = False

    def close(self):
        atexit.unregister(self.close)
        if self.is_open:
            self.stop()
            self.is_open = False

    def _preview(self):
        """NullPreview's thread: whatever an encoder or output raises here is logged and ends it."""
        try:
            self._process_requests()
        except Exception as e:
            _log.exception("Exception during process_requests()", exc_info=e)
            raise

    def _process_requests(self):
        paths = sorted(Path(os.environ["STUB_IMAGES"]).glob("*.jpg"))
        pictures = itertools.cycle([path.read_bytes() for path in paths])
        last = {"hangs": 0}.get(_fault, int(_fault[5:]) if _fault.startswith("lost@") else sys.maxsize)
        frame_ns = self.camera_config["controls"]["FrameDurationLimits"][0] * 1000
        due = time.monotonic_ns()
        for number, jpeg in enumerate(pictures):
            due += frame_ns
            if number >= last:
                self._abort.wait()
            if self._abort.wait(max(0, due - time.monotonic_ns()) / 1e9):
                return
            # The sensor needs some time to read a picture out, and the rest of the pipeline some more.
            request = Request(jpeg, due - READOUT_NS)
            with self.lock:
                for encoder in self._encoders:
                    encoder.encode(encoder.name, request)

    def _write_log(self, encoder):
        if "STUB_LOG" not in os.environ:
            return
        transform, controls = self.camera_config["transform"], self.camera_config["controls"]
        quality = getattr(encoder, "quality", None)
        told = {
            "size": self.camera_config["main"]["size"],
            "hflip": transform.hflip,
            "vflip": transform.vflip,
            "us": controls["FrameDurationLimits"][0],
            "encoder": type(encoder).__name__,
            "quality": quality.name if quality else encoder.q,
        }
        Path(os.environ["STUB_LOG"]).write_text(json.dumps(told) + "\n", encoding="utf-8")


READOUT_NS = 20_000_000
