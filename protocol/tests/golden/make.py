#!/usr/bin/env python3
"""Writes the golden streams of tests/golden.rs and the stamps of tests/stamp.rs with CPython, as the robot does.

    python3 make.py            write the streams beside this script
    python3 make.py --check    compare them with what is there

Byte i of frame k is (31 * i + 7 * k) % 251: no picture, but every byte is wrong if it lands elsewhere.
"""

import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).parent


def payload(frame, length):
    return bytes((31 * i + 7 * frame) % 251 for i in range(length))


def frames(*lengths):
    return b"".join(struct.pack("<L", n) + payload(k, n) for k, n in enumerate(lengths))


END = struct.pack("<L", 0)

# A name says the lengths in order, then how the stream ends.
STREAMS = {
    "end.bin": END,
    "1-2-3-end.bin": frames(1, 2, 3) + END,
    # Lengths at which the bytes of a header carry over, and one whose bytes all differ (0x010203).
    "255-256-257-end.bin": frames(255, 256, 257) + END,
    "66051-1-end.bin": frames(66051, 1) + END,
    # A robot that says no goodbye: it closes.
    "300-40-hangup.bin": frames(300, 40),
    "300-40-cut-in-header.bin": frames(300, 40)[:-41],
    "300-40-cut-in-payload.bin": frames(300, 40)[:-1],
    # A length that uses all four bytes (0x01020304), and little behind it.
    "16909060-cut-in-payload.bin": struct.pack("<L", 16909060) + payload(0, 20),
    # Packed with the other byte order, the most common mistake in clients.
    "300-big-endian.bin": frames(5) + struct.pack(">L", 300) + payload(1, 300),
    "4294967295-lying.bin": frames(5) + struct.pack("<L", 4294967295) + payload(1, 20),
    "5-end-5-after.bin": frames(5) + END + frames(5),
}


def stamped(seq, time_ns):
    text = b"rv1 seq=%d t=%d" % (seq, time_ns)
    return b"\xff\xd8" + b"\xff\xfe" + struct.pack(">H", 2 + len(text)) + text + payload(0, 40)


# A name says the numbers of the stamp; what is behind it is no picture.
STAMPS = {f"{seq}-{time_ns}.stamped": stamped(seq, time_ns) for seq, time_ns in [
    (0, 0),
    (17, 1795000000123456789),
    (2**64 - 1, 2**64 - 1),
]}


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit("make.py: expected no argument or --check")
    for name, stream in (STREAMS | STAMPS).items():
        path = HERE / name
        if not check:
            path.write_bytes(stream)
        elif not path.is_file() or path.read_bytes() != stream:
            sys.exit(f"make.py: {name} is not what struct writes; run make.py without --check and look at the change")


if __name__ == "__main__":
    main()
