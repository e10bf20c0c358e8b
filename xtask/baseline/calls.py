"""What the original's loop calls for each picture, on JPEG files: a line for each, as in the viewer's report.

Each line also has `cpu_ms`: processor time of all threads, by call. The original is the Python program that the viewer
replaces; this was written from its description.
"""

import argparse
import base64
import io
import json
import time

import cv2
import numpy as np
from PIL import Image
from pyzbar import pyzbar

# Without a card it makes no difference, and with one this would no longer be processor time.
cv2.ocl.setUseOpenCL(False)


def cascade(name):
    classifier = cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_{name}.xml")
    if classifier.empty():
        raise SystemExit(f"OpenCV has no cascade {name!r}")
    return classifier


class Original:
    """The original's detectors, each with the parameters it had there: OpenCV's and zbar's defaults."""

    def __init__(self):
        self.of_faces = [cascade("frontalface_default"), cascade("profileface")]
        self.of_humans = [cascade("upperbody"), cascade("lowerbody"), cascade("fullbody")]

    def display(self, jpeg):
        """The picture as Pillow and as OpenCV have it."""
        image = Image.open(io.BytesIO(jpeg))
        return image, cv2.cvtColor(np.array(image), cv2.COLOR_RGB2BGR)

    def grey(self, frame):
        return cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)

    def faces(self, grey):
        return boxes(self.of_faces, grey)

    def humans(self, grey):
        return boxes(self.of_humans, grey)

    def codes(self, image):
        return pyzbar.decode(image, symbols=[pyzbar.ZBarSymbol.QRCODE])


def boxes(classifiers, grey):
    """All hits of all cascades: left, top, width, height in pixels."""
    return [[int(side) for side in box] for classifier in classifiers for box in classifier.detectMultiScale(grey)]


def code(found):
    """A code as the report has it. Its corners go around it, from any of the four on."""
    left, top, width, height = found.rect
    line = {"kind": "qr", "box": [left, top, width, height]}
    if len(found.polygon) == 4:
        line["corners"] = [[point.x, point.y] for point in found.polygon]
    try:
        line["text"] = found.data.decode()
    except UnicodeDecodeError:
        line["bytes_base64"] = base64.b64encode(found.data).decode()
    return line


class Stopwatch:
    """Processor time of this process by name, in milliseconds."""

    def __init__(self):
        self.cpu_ms = {}

    def of(self, name, call, *arguments):
        started = time.process_time_ns()
        result = call(*arguments)
        self.cpu_ms[name] = (time.process_time_ns() - started) / 1e6
        return result


def look(original, path, kinds):
    """The line about one picture."""
    with open(path, "rb") as file:
        jpeg = file.read()
    watch, counts, detections = Stopwatch(), {}, []
    image, frame = watch.of("display", original.display, jpeg)
    grey = watch.of("grey", original.grey, frame)
    if "qr" in kinds:
        found = watch.of("qr", original.codes, image)
        counts["qr"] = len(found)
        detections += [code(each) for each in found]
    for option, kind, search in [("faces", "face", original.faces), ("humans", "human", original.humans)]:
        if option in kinds:
            found = watch.of(option, search, grey)
            counts[kind] = len(found)
            detections += [{"kind": kind, "box": box} for box in found]
    height, width = frame.shape[:2]
    return {
        "event": "frame",
        "source": path,
        "width": width,
        "height": height,
        "counts": counts,
        "detections": detections,
        "cpu_ms": watch.cpu_ms,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detect", default="qr,faces,humans", help="kinds, separated by commas")
    parser.add_argument("pictures", nargs="+", help="JPEG files")
    typed = parser.parse_args()
    original, kinds = Original(), typed.detect.split(",")
    print(json.dumps({"opencv": cv2.__version__, "threads": cv2.getNumThreads()}), flush=True)
    # What is done once, such as starting OpenCV's threads, is no picture's cost.
    look(original, typed.pictures[0], kinds)
    for path in typed.pictures:
        print(json.dumps(look(original, path, kinds)), flush=True)


if __name__ == "__main__":
    main()
