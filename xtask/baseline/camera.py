"""A sender with imagezmq: JPEG files as a camera that gives so many pictures a second.

Pictures that the camera gives while the sender waits for an answer are lost, as on a robot: the sender then waits for the
next one, which is new when it is sent.
"""

import argparse
import math
import time

import imagezmq


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=int, required=True, help="the hub's port on this machine")
    parser.add_argument("--fps", type=float, required=True, help="0: as fast as pictures are answered")
    parser.add_argument("--frames", type=int, required=True, help="how many pictures the camera gives")
    parser.add_argument("pictures", nargs="+", help="JPEG files, played again and again")
    typed = parser.parse_args()
    jpegs = []
    for path in typed.pictures:
        with open(path, "rb") as file:
            jpegs.append(file.read())
    sender = imagezmq.ImageSender(connect_to=f"tcp://127.0.0.1:{typed.to}")
    started, seq = time.time(), 0
    while seq < typed.frames:
        taken = time.time()
        if typed.fps:
            seq = max(seq, math.ceil((taken - started) * typed.fps))
            taken = started + seq / typed.fps
            time.sleep(max(0.0, taken - time.time()))
        sender.send_jpg(f"rv1 seq={seq} t={int(taken * 1e9)}", jpegs[seq % len(jpegs)])
        seq += 1
    sender.send_jpg("", b"")


if __name__ == "__main__":
    main()
