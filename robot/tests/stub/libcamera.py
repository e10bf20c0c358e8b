"""Stands in for libcamera's Python module: the only thing of it that `stream.py` uses."""


class Transform:
    """How the camera turns its picture; 180 degrees are both flips."""

    def __init__(self, rotation=0, hflip=0, vflip=0, transpose=0):
        if rotation or transpose:
            raise ValueError("the Raspberry Pi's pipeline cannot do this")
        self.hflip = bool(hflip)
        self.vflip = bool(vflip)
