#!/usr/bin/env python3
"""Streams a Raspberry Pi's camera to the viewer on the PC.

    python3 stream.py --to 192.168.1.20              the PC on which the viewer runs
    python3 stream.py --to 192.168.1.20 --test-pattern      without a camera, on any machine
    python3 stream.py --to 192.168.1.20 --tls-ca ca.pem     encrypted, to a viewer that is started with --tls-cert

On the wire a picture is its length, 4 bytes little-endian, and then the JPEG. A length of zero says goodbye.

    camera ──▶ Mailbox ──▶ Sender ──TCP──▶ viewer
    (its own   (room for   (main
     threads)   one)        thread)

The camera never waits for the network: a picture that the link has no time for is replaced by the next one. So what the
viewer shows is at most a little old, however slow the link is.

Exit codes: 0 ended by Ctrl-C or SIGTERM, 1 failed (no camera, or it gives no pictures), 2 bad arguments.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
import os
import select
import signal
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar, NamedTuple

try:
    import fcntl
    import termios
except ImportError:  # Windows, where --test-pattern and --images work all the same.
    fcntl = termios = None  # type: ignore[assignment]

PORT = 8000
TICK = 0.1  # Seconds: no wait is longer before the stop signal and the camera are looked at again.
FIRST_DELAY, LONGEST_DELAY = 0.1, 1.0  # Seconds between two attempts to connect: the first, doubled up to the longest.
SETTLED = 3.0  # Seconds: a connection that lasted this long was accepted, and not refused after a moment.
CONNECT_PATIENCE = 5.0  # Seconds to connect to one address of the viewer.
LINK_PATIENCE = 5.0  # Seconds without any progress after which the viewer's machine is taken for gone.
CAMERA_PATIENCE = 5.0  # Seconds without a picture after which the camera is taken for lost.
STOPPED = 2.0  # Seconds between two looks at the camera, of which there are ten a second, that say nothing about it.
END_PATIENCE = 1.0  # Seconds for the rest of a picture and the goodbye, once asked to stop.
CLOSE_PATIENCE = 3.0  # Seconds for the camera to close.
REVIEW = 5.0  # Seconds after which it is judged again whether the link keeps up.


class Failure(Exception):
    """The stream cannot go on; the message says why and what to do."""


class Refused(Exception):
    """What answers takes no pictures from this robot; the message says why and what to do."""


class Frame(NamedTuple):
    """A JPEG as the camera gave it."""

    seq: int  # Counts captured pictures from 0; pictures that were left out are gaps.
    time_ns: int  # When it was captured, in nanoseconds since 1970.
    jpeg: bytes

    def stamp(self) -> bytes:
        """Number and time as a JPEG's comment, which other readers skip. It comes right behind the first marker."""
        return segment(0xFE, f"rv1 seq={self.seq} t={self.time_ns}".encode("ascii"))

    def with_segments(self, segments: bytes) -> bytes:
        """The JPEG with more segments behind its first marker."""
        return self.jpeg[:2] + segments + self.jpeg[2:]


def segment(marker: int, *content: bytes) -> bytes:
    """A JPEG's segment: marker, length and content."""
    body = b"".join(content)
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def quarter_turn(degrees: int) -> bytes:
    """An EXIF segment that asks the viewer to turn the picture clockwise; the camera can only turn it upside down."""
    orientation = {90: 6, 270: 8}[degrees]
    # A TIFF header, and a list of one tag: 0112, one value of 16 bits.
    return segment(0xE1, b"Exif\0\0II*\0", struct.pack("<LHHHLHHL", 8, 1, 0x0112, 3, 1, orientation, 0, 0))


class Mailbox:
    """Room for the newest picture: one that was not taken in time is replaced."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._captured = 0
        self._last = self._checked = time.monotonic()
        self._failure: str | None = None

    def watch(self) -> None:
        """From now on `check` counts; what was before was the camera's start."""
        with self._changed:
            self._last = self._checked = time.monotonic()

    def put(self, jpeg: bytes, time_ns: int) -> None:
        """Never waits and never fails: an exception would end the camera's thread."""
        with self._changed:
            self._frame = Frame(self._captured, time_ns, jpeg)
            self._captured += 1
            self._last = time.monotonic()
            self._changed.notify()

    def fail(self, failure: str) -> None:
        """Says that no more pictures will come."""
        with self._changed:
            self._failure = failure

    def take(self, timeout: float) -> Frame | None:
        """The newest picture, or none if none comes in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None, timeout)
            frame, self._frame = self._frame, None
            return frame

    def check(self, patience: float) -> None:
        """Fails if the pictures' source has failed, or has given nothing for too long."""
        with self._changed:
            if self._failure is not None:
                raise Failure(self._failure)
            now = time.monotonic()
            if now - self._checked > STOPPED:
                self._last = now  # This program was stopped, and the camera's thread with it.
            self._checked = now
            if now - self._last > patience:
                raise Failure(
                    f"the camera has given no picture for {patience:.0f} s; is its cable loose? "
                    "`rpicam-hello --list-cameras` shows what is connected"
                )


class StopSignal:
    """Remembers that Ctrl-C or SIGTERM asked the program to end."""

    def __init__(self) -> None:
        self.asked_at: float | None = None
        signal.signal(signal.SIGINT, self._handle)
        signal.signal(signal.SIGTERM, self._handle)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        # Nothing else: a handler runs in the middle of anything, so it must not take a lock.
        if self.asked_at is None:
            self.asked_at = time.monotonic()


class Address(NamedTuple):
    """Where the viewer listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Journal:
    """Writes a line when something has changed, and not for every attempt."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def say(self, line: str) -> None:
        """Writes a line, unless it was written since the last `turn`."""
        if line not in self._said:
            self._said.add(line)
            print(f"stream.py: {line}", file=sys.stderr, flush=True)

    def turn(self, line: str) -> None:
        """Writes a line after which everything may be said again."""
        self._said.clear()
        self.say(line)


class Sender:
    """Connects to the viewer for as long as the program runs, and sends it the newest picture each time."""

    def __init__(self, options: argparse.Namespace, mailbox: Mailbox, stop: StopSignal, journal: Journal) -> None:
        self._to: Address = options.to
        self._stamp: bool = options.stamp
        self._turn = quarter_turn(options.rotate) if options.rotate in (90, 270) else b""
        self._end: bool = not options.no_end
        self._tls: ssl.SSLContext | None = options.tls
        self._camera_patience = max(CAMERA_PATIENCE, 3 / options.fps)
        self._mailbox = mailbox
        self._stop = stop
        self._journal = journal

    def run(self) -> None:
        """Returns once asked to stop."""
        self._mailbox.watch()
        delay = FIRST_DELAY
        settled = True
        while self._goes_on():
            connection = self._dial()
            if connection is not None:
                began = time.monotonic()
                refusal = None
                with connection:
                    try:
                        reason = self._stream(connection, is_news=settled)
                    except Refused as refused:
                        reason = refusal = str(refused)
                settled = time.monotonic() - began >= SETTLED
                if not self._goes_on():
                    break
                if settled:
                    delay = FIRST_DELAY
                    self._journal.turn(f"{reason}; dialling again")
                else:
                    self._journal.say(
                        f"{refusal}; dialling again"
                        if refusal
                        else "lost the viewer after a moment; dialling again. If this goes on: does it let this robot in "
                        "(--allow), and has it room for one more (--robots)?"
                    )
            self._pause(delay)
            delay = min(2 * delay, LONGEST_DELAY)

    def _goes_on(self) -> bool:
        self._mailbox.check(self._camera_patience)
        return self._stop.asked_at is None

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self._goes_on() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, TICK))

    def _dial(self) -> socket.socket | None:
        """Looks the name up and connects; on a thread of its own, because either may block for long."""
        outcome: list[socket.socket | Exception] = []

        def attempt() -> None:
            try:
                connection = socket.create_connection(self._to, timeout=CONNECT_PATIENCE)
                prepare(connection)
                outcome.append(encrypted(connection, self._tls, self._to.host) if self._tls else connection)
            except (OSError, UnicodeError) as error:  # The latter for what cannot be a name, such as "a..b".
                outcome.append(error)

        dialling = threading.Thread(target=attempt, daemon=True)
        dialling.start()
        while dialling.is_alive():
            if not self._goes_on():
                return None
            dialling.join(TICK)
        [result] = outcome
        if isinstance(result, Exception):
            self._journal.say(f"waiting for the viewer at {self._to} ({in_words(result)})")
            return None
        result.settimeout(TICK)
        return result

    def _stream(self, connection: socket.socket, is_news: bool) -> str:
        """Sends pictures until the connection ends or the program is asked to stop; says why it ended."""
        began = time.monotonic()
        progress = Progress(connection)
        try:
            if is_news:
                self._journal.turn(f"sending pictures to {self._to}")
            while self._goes_on():
                if not is_news and time.monotonic() - began >= SETTLED:
                    is_news = True
                    self._journal.turn(f"sending pictures to {self._to}")
                if reason := hung_up(connection):
                    return reason
                if not self._is_free(connection, progress):
                    time.sleep(0.003)
                elif frame := self._mailbox.take(TICK):
                    jpeg = frame.with_segments((frame.stamp() if self._stamp else b"") + self._turn)
                    self._send(connection, struct.pack("<L", len(jpeg)) + jpeg)
                    if complaint := progress.sent(frame):
                        self._journal.say(complaint)
            if self._end:
                self._send(connection, struct.pack("<L", 0))
            if isinstance(connection, ssl.SSLSocket):
                with contextlib.suppress(OSError):  # By this the viewer knows that nothing was cut off; it may have gone already.
                    connection.unwrap()
            return "done"
        except TimeoutError as error:
            return str(error)
        except ssl.SSLEOFError:
            return "the viewer closed the connection"
        except ssl.SSLError as error:
            raise Refused(f"the viewer refuses this robot: {in_words(error)}") from error
        except OSError as error:
            return f"lost the viewer ({in_words(error)})"

    def _is_free(self, connection: socket.socket, progress: Progress) -> bool:
        """Whether nearly all that was sent has arrived, so that the next picture does not queue in the kernel."""
        waiting = unconfirmed(connection)
        if waiting <= IN_FLIGHT:
            progress.waiting = None
            return True
        progress.check(waiting)
        return False

    def _send(self, connection: socket.socket, data: bytes) -> None:
        """Sends everything, but is never stuck: neither on a dead link nor when the program is to end."""
        left = memoryview(data)
        progress = Progress(connection)
        while left:
            # A piece at a time, because TLS tells of a piece only when it has left as a whole.
            with contextlib.suppress(TimeoutError):
                left = left[connection.send(left[:PIECE]) :]
            progress.check(len(left))
            if self._stop.asked_at is not None and time.monotonic() - self._stop.asked_at > END_PATIENCE:
                raise TimeoutError("the link is blocked")


class Progress:
    """Watches one connection: whether anything moves, and how many pictures have to be left out."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.waiting: int | None = None
        self._moved = time.monotonic()
        self._last: int | None = None
        self._sent = self._left_out = 0
        self._reviewed = time.monotonic()

    def check(self, waiting: int) -> None:
        """Fails if this many bytes have been waiting for too long without any getting through to the viewer's machine."""
        now = time.monotonic()
        if waiting != self.waiting:
            self.waiting, self._moved = waiting, now
        elif now - self._moved > LINK_PATIENCE and not is_answered(self._connection):
            raise TimeoutError(f"the viewer's machine has not answered for {now - self._moved:.0f} s")

    def sent(self, frame: Frame) -> str | None:
        """Counts a picture; now and then says whether too many are left out."""
        now = time.monotonic()
        if self._last is not None:
            self._left_out += frame.seq - self._last - 1
        self._sent += 1
        self._last = frame.seq
        if now - self._reviewed < REVIEW:
            return None
        is_slow = self._left_out > self._sent / 2
        self._sent = self._left_out = 0
        self._reviewed = now
        return "the link is slow, so pictures are left out; a lower --quality, --size or --fps helps" if is_slow else None


def prepare(connection: socket.socket) -> None:
    """Keeps little in the kernel: what waits there gets old and cannot be replaced any more."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


def hung_up(connection: socket.socket) -> str | None:
    """What the viewer has done if it has closed; it never sends a picture or a word, so whatever there is to read is the end."""
    readable, _, _ = select.select([connection], [], [], 0)
    if not readable:
        return None
    connection.settimeout(0)
    try:
        answer = connection.recv(4096)
    except (BlockingIOError, ssl.SSLWantReadError):  # Only what TLS tells for itself.
        return None
    finally:
        connection.settimeout(TICK)
    if answer[:2] == b"\x15\x03":  # An alert: TLS's word for what it does not understand.
        raise Refused("the viewer refuses this robot: it wants TLS; give --tls-ca")
    if answer.startswith(b"HTTP/"):
        raise Refused("what answers there is a web server and no viewer; check the port")
    return None if answer else "the viewer closed the connection"


def encrypted(connection: socket.socket, tls: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    """The connection with TLS, once the viewer has shown that it is the right one."""
    with contextlib.ExitStack() as failed:
        failed.callback(connection.close)
        shaken = tls.wrap_socket(connection, server_hostname=host)
        failed.pop_all()
        return shaken


def in_words(error: Exception) -> str:
    """What went wrong, and with TLS also what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the viewer's certificate is not accepted: {error.verify_message}; --tls-ca says who has to have signed it"
    reason = openssl_reason(error)
    if isinstance(error, ssl.SSLEOFError):
        return "it closed during the TLS handshake; was it started with --tls-cert, and does it let this robot in (--allow)?"
    if "CERTIFICATE_REQUIRED" in reason:
        return "it lets only robots with a certificate in; give --tls-cert and --tls-key"
    if "UNKNOWN_CA" in reason or "CERTIFICATE" in reason or "DECRYPT_ERROR" in reason:
        return f"it does not accept the certificate in --tls-cert: {plain(reason)}"
    if "WRONG_VERSION_NUMBER" in reason:
        return "what it sends is not TLS; start it with --tls-cert, or leave out --tls-ca"
    if reason:
        return f"TLS failed: {plain(reason)}"
    return str(getattr(error, "strerror", None) or error)


def openssl_reason(error: Exception) -> str:
    """OpenSSL's name for what went wrong, without the line of Python's source that comes with its message; empty if it has none."""
    return str(error.reason or "") if isinstance(error, ssl.SSLError) else ""


def plain(reason: str) -> str:
    return reason.lower().replace("_", " ")


def unconfirmed(connection: socket.socket) -> int:
    """How many bytes are on their way: not sent yet, or sent and not confirmed by the viewer's machine."""
    if fcntl is None or not sys.platform.startswith("linux"):
        return 0  # Only the small send buffer keeps the queue short here.
    answer = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))  # SIOCOUTQ, see tcp(7).
    return int(struct.unpack("i", answer)[0])


def is_answered(connection: socket.socket) -> bool:
    """Whether the viewer's machine answers: a viewer that takes nothing stands still then, and dialling it again would not help."""
    if not sys.platform.startswith("linux"):
        return False
    # tcpi_probes, tcpi_unacked and tcpi_last_ack_recv (milliseconds) of struct tcp_info in linux/tcp.h.
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 60)
    probes, unacked, last_answer = struct.unpack_from("=3xB20xI28xI", info)
    # One question whether there is room again may be on its way; they become rare while there is none.
    return bool(last_answer < LINK_PATIENCE * 1000 or (unacked == 0 and probes <= 1))


SEND_BUFFER = 64 * 1024  # Bytes; a usual picture fits.
PIECE = 16 * 1024  # Bytes: a record of TLS.
# Bytes of earlier pictures that may still be on their way when the next is sent. Not zero: some receivers confirm the last
# one or two packets (1.5 KB each) only after 40 to 200 ms.
IN_FLIGHT = 8 * 1024


# ── Where pictures come from ────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def camera(options: argparse.Namespace, mailbox: Mailbox) -> Iterator[str]:
    """The Raspberry Pi's camera through picamera2, which calls `put` from threads of its own."""
    try:
        from libcamera import Transform  # type: ignore[import-not-found]
        from picamera2 import Picamera2  # type: ignore[import-not-found]
        from picamera2.outputs import Output  # type: ignore[import-not-found]
    except ImportError as error:
        raise Failure(
            f"picamera2 is missing ({error}). On Raspberry Pi OS: `sudo apt install python3-picamera2`; a virtual "
            "environment sees it only if made with `python3 -m venv --system-site-packages`. Or use --test-pattern"
        ) from error

    encoder, quality = encoder_for(options.quality)

    class ToMailbox(Output):  # type: ignore[misc]
        """Not FileOutput: that one swallows a broken pipe, and other errors of the network end the encoder's thread."""

        def outputframe(
            self,
            frame: bytes,
            keyframe: bool = True,
            timestamp: int | None = None,
            packet: Any = None,
            audio: bool = False,
        ) -> None:
            mailbox.put(bytes(frame), captured_at(getattr(encoder, "firsttimestamp", None), timestamp))

    if not Picamera2.global_camera_info():
        raise Failure("no camera found; check its cable, then `rpicam-hello --list-cameras`. Or use --test-pattern")
    upside_down = options.rotate == 180
    # What is mirrored is what one sees in the end: after a quarter turn, left and right are the camera's top and bottom.
    hflip, vflip = (options.vflip, options.hflip) if options.rotate in (90, 270) else (options.hflip, options.vflip)
    try:
        picamera2 = Picamera2()
    except Exception as error:  # picamera2 raises whatever libcamera does.
        raise Failure(f"cannot open the camera ({error}); does another program use it? See the lines above") from error
    try:
        frame_us = round(1_000_000 / options.fps)
        configuration = picamera2.create_video_configuration(
            main={"size": options.size},
            # These two are all that the camera can do; both together are half a turn.
            transform=Transform(hflip=hflip != upside_down, vflip=vflip != upside_down),
            # USB cameras have no such control.
            controls={"FrameDurationLimits": (frame_us, frame_us)}
            if "FrameDurationLimits" in picamera2.camera_controls
            else {},
        )
        picamera2.configure(configuration)
        picamera2.start_recording(encoder, ToMailbox(), quality=quality)
    except Exception as error:
        close_camera(picamera2.close)
        raise Failure(f"cannot start the camera with these options ({error}); try without --size and --fps") from error
    width, height = picamera2.camera_configuration()["main"]["size"]
    try:
        yield f"camera, {width}x{height}"
    finally:

        def close() -> None:
            picamera2.stop_recording()
            picamera2.close()

        close_camera(close)


def close_camera(close: Callable[[], None]) -> None:
    """Closes the camera, but does not wait for ever for one that does not answer."""
    failed: list[Exception] = []

    def attempt() -> None:
        try:
            close()
        except Exception as error:
            failed.append(error)

    closing = threading.Thread(target=attempt, daemon=True)
    closing.start()
    closing.join(CLOSE_PATIENCE)
    if closing.is_alive() or failed:
        cause = failed[0] if failed else f"no answer for {CLOSE_PATIENCE:.0f} s"
        print(f"stream.py: the camera did not close ({cause})", file=sys.stderr, flush=True)
        CAMERA_HANGS.set()


CAMERA_HANGS = threading.Event()


def encoder_for(quality: int) -> tuple[Any, Any]:
    """picamera2's encoder for this Pi, and its quality.

    Up to the Pi 4 the hardware encodes. It knows a bitrate only, for which picamera2 has a table of five levels; the nearest
    is taken. On the Pi 5 `MJPEGEncoder` is FFmpeg, which gives a picture out only when the next comes, 33 ms later.
    `JpegEncoder` (libjpeg-turbo) gives it out at once and takes the quality as it is.
    """
    from picamera2.encoders import JpegEncoder, MJPEGEncoder, Quality  # type: ignore[import-not-found]

    if MJPEGEncoder.__name__ != "MJPEGEncoder":  # Without the hardware it is another name for LibavMjpegEncoder.
        return JpegEncoder(q=quality), None
    # What picamera2 itself takes for equal: the table in its jpeg_encoder.py.
    levels = {25: Quality.VERY_LOW, 35: Quality.LOW, 50: Quality.MEDIUM, 65: Quality.HIGH, 80: Quality.VERY_HIGH}
    return MJPEGEncoder(), levels[min(levels, key=lambda level: abs(level - quality))]


def captured_at(first_us: int | None, since_first_us: int | None) -> int:
    """When the sensor began to read the picture out, in nanoseconds since 1970.

    picamera2 gives each picture's time in microseconds since the first one, and that one's on the clock that runs since
    boot. The difference to now is exact; what it means on the calendar depends on the Pi's own clock.
    """
    now = time.time_ns()
    if first_us is None or since_first_us is None:
        return now
    age_ns = time.monotonic_ns() - (first_us + since_first_us) * 1000
    # Another clock, for example a USB camera's: then the time of arrival is the best that is known.
    return now - age_ns if 0 <= age_ns < 10_000_000_000 else now


@contextlib.contextmanager
def images(options: argparse.Namespace, mailbox: Mailbox) -> Iterator[str]:
    """The JPEG files of a folder, by name, again and again."""
    try:
        paths = sorted(path for path in options.images.iterdir() if path.suffix.lower() in (".jpg", ".jpeg"))
        pictures = [path.read_bytes() for path in paths]
    except OSError as error:
        raise Failure(f"cannot read --images {options.images}: {error.strerror}") from error
    if not pictures:
        raise Failure(f"--images {options.images}: no .jpg or .jpeg file in this folder")
    for path, jpeg in zip(paths, pictures, strict=True):
        if not jpeg.startswith(b"\xff\xd8"):
            raise Failure(f"{path} is not a JPEG file")
    play(itertools.cycle(pictures), options.fps, mailbox)
    yield f"{len(pictures)} files in {options.images}"


@contextlib.contextmanager
def test_pattern(options: argparse.Namespace, mailbox: Mailbox) -> Iterator[str]:
    """A picture that moves and says that it is none of a camera."""
    pattern = TestPattern(*options.size)
    play(map(pattern.jpeg, itertools.count()), options.fps, mailbox)
    yield "test pattern, {}x{}".format(*options.size)


def play(pictures: Iterator[bytes], fps: float, mailbox: Mailbox) -> None:
    """Puts pictures into the mailbox at their pace, on a thread of its own."""

    def run() -> None:
        try:
            due = time.monotonic()
            for jpeg in pictures:
                mailbox.put(jpeg, time.time_ns())
                # After a delay it does not catch up: a camera would not either.
                due = max(due + 1 / fps, time.monotonic())
                time.sleep(max(0.0, due - time.monotonic()))
        except Exception as error:
            mailbox.fail(f"the pictures have ended: {error!r}")

    threading.Thread(target=run, daemon=True).start()


class TestPattern:
    """Draws with squares of 8 by 8 pixels, because a JPEG consists of them.

    A square of one colour is the simplest a JPEG can hold: the difference to the square before it, and "nothing else". Each
    row starts afresh (a restart marker), so that rows that look alike are encoded once.
    """

    __test__ = False  # For pytest: these are no tests.

    # Colours as brightness, blueness and redness, from -128 to 127 each.
    PALETTE = (
        (127, 0, 0),  # white
        (98, -128, 21),  # yellow
        (51, 44, -128),  # cyan
        (22, -84, -107),  # green
        (-22, 84, 107),  # magenta
        (-51, -44, 127),  # red
        (-98, 127, -21),  # blue
        (-128, 0, 0),  # black
    )
    WHITE, BLACK = 0, 7
    # Each letter from top to bottom, a digit a row: its bits are the squares to draw.
    LETTERS: ClassVar[dict[str, str]] = {
        **{"T": "72222", "E": "74647", "S": "74717", "P": "75744", "A": "25755", "R": "75765", "N": "65555"},
        **{"0": "75557", "1": "26227", "2": "71747", "3": "71317", "4": "55711"},
        **{"5": "74717", "6": "74757", "7": "71122", "8": "75757", "9": "75717"},
    }
    SMALLEST = (240, 208)  # Pixels: the letters need this much.

    def __init__(self, width: int, height: int) -> None:
        self.columns, self.rows = -(-width // 8), -(-height // 8)
        self.scale = min(self.columns * 8 // self.SMALLEST[0], self.rows * 8 // self.SMALLEST[1])
        bars = bytes(min(column * 8 // self.columns, 7) for column in range(self.columns))
        self._picture = [bytearray(bars) for _ in range(self.rows)]
        self._text_at = self.rows - 22 * self.scale
        for row in range(self._text_at, self.rows):
            self._picture[row][:] = bytes([self.BLACK]) * self.columns
        self._write(self._picture, "TEST", 1)
        self._write(self._picture, "PATTERN", 7)
        self._header = self._make_header(width, height)

    def jpeg(self, seq: int) -> bytes:
        """The picture with this number."""
        picture = [*self._picture]
        for row in range(self._text_at + 13 * self.scale, self.rows):
            picture[row] = bytearray(picture[row])
        self._write(picture, f"{seq % 1_000_000:06}", 13)
        # A white square goes to and fro below, across the picture in about two seconds.
        span = self.columns - 2 * self.scale
        place = seq * max(1, span // 60) % (2 * span)
        place = min(place, 2 * span - place)
        for row in range(self._text_at + 19 * self.scale, self._text_at + 21 * self.scale):
            picture[row][place : place + 2 * self.scale] = bytes(2 * self.scale)
        rows = (encode_row(bytes(row)) for row in picture)
        marked = [row + bytes([0xFF, 0xD0 + number % 8]) for number, row in enumerate(rows)]
        marked[-1] = marked[-1][:-2] + b"\xff\xd9"
        return self._header + b"".join(marked)

    def _write(self, picture: list[bytearray], text: str, line: int) -> None:
        """Writes a line of text in the middle, `line` units below the top of the black part."""
        scale = self.scale
        left = (self.columns - (4 * len(text) - 1) * scale) // 2
        for (at, letter), down in itertools.product(enumerate(text), range(5 * scale)):
            bits = int(self.LETTERS[letter][down // scale])
            row = picture[self._text_at + line * scale + down]
            for across in range(3 * scale):
                if bits >> (2 - across // scale) & 1:
                    row[left + 4 * at * scale + across] = self.WHITE

    def _make_header(self, width: int, height: int) -> bytes:
        """Everything in front of the rows; the segments are those of ITU-T T.81, annex B."""

        parts = [1, 2, 3]  # Brightness, blueness, redness.
        return b"".join(
            (
                b"\xff\xd8",
                segment(0xE0, b"JFIF\0", struct.pack(">BBBHHBB", 1, 1, 0, 1, 1, 0, 0)),
                segment(0xDB, bytes([0] + [8] * 64)),  # Eight times the colour is what stands in the file.
                segment(0xC0, struct.pack(">BHHB", 8, height, width, 3), *(bytes([part, 0x11, 0]) for part in parts)),
                # Twelve codes of four bits for the length of a difference; one code of one bit for "nothing else".
                segment(0xC4, b"\x00", bytes([0, 0, 0, 12] + [0] * 12), bytes(range(12))),
                segment(0xC4, b"\x10", bytes([1] + [0] * 15), b"\x00"),
                segment(0xDD, struct.pack(">H", self.columns)),
                segment(0xDA, bytes([3]), *(bytes([part, 0]) for part in parts), bytes([0, 63, 0])),
            )
        )


@functools.lru_cache(maxsize=1024)
def encode_row(colours: bytes) -> bytes:
    """One row of squares as JPEG's entropy-coded bits."""
    bits = []
    before = (0, 0, 0)
    for colour in colours:
        now = TestPattern.PALETTE[colour]
        for difference in (new - old for new, old in zip(now, before, strict=True)):
            length = abs(difference).bit_length()
            value = difference if difference >= 0 else difference + (1 << length) - 1
            bits.append(f"{length:04b}" + (f"{value:0{length}b}" if length else "") + "0")
        before = now
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    # A byte FF would be a marker, so a zero follows it.
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")


# ── The command line ────────────────────────────────────────────────────────────────────────────────────────────────────


def address(text: str) -> Address:
    """HOST, HOST:PORT, or an IPv6 address, in brackets if a port follows."""
    if "://" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address; leave out what is before and with ://")
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")) or text.endswith("]"):
        host, port = text, str(PORT)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address; for example 192.168.1.20 or pc.local:{PORT}")
    return Address(host, int(port))


def size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT in pixels."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and 16 <= int(width) <= 8192 and 16 <= int(height) <= 8192):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; for example 640x480")
    return int(width), int(height)


def number(lowest: float, highest: float) -> Callable[[str], float]:
    """A number within bounds."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {lowest:g} to {highest:g}")
        return value

    return parse


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options; wrong ones end the program with exit code 2."""
    parser = argparse.ArgumentParser(
        description="Streams a Raspberry Pi's camera to the viewer on the PC.",
        epilog="example: python3 stream.py --to 192.168.1.20 --size 640x480 --fps 30",
    )
    add = parser.add_argument
    add("--to", type=address, required=True, metavar="HOST[:PORT]", help=f"where the viewer listens (port {PORT})")
    add("--size", type=size, metavar="WxH", help="size of the picture (640x480)")
    add("--fps", type=number(0.1, 240), default=30.0, help="pictures a second (30)")
    add("--quality", type=number(1, 100), metavar="1-100", help="JPEG quality (65)")
    add("--rotate", type=int, choices=(0, 90, 180, 270), default=0, help="turn the picture clockwise")
    add("--hflip", action="store_true", help="mirror left and right")
    add("--vflip", action="store_true", help="mirror top and bottom")
    add("--stamp", action="store_true", help="put number and time of capture into each picture, so that its age is known")
    add("--tls-ca", type=Path, metavar="FILE", help="encrypt, to a viewer whose certificate this authority has signed (PEM)")
    add("--tls-cert", type=Path, metavar="FILE", help="this robot's certificate, for viewers that ask for one (PEM)")
    add("--tls-key", type=Path, metavar="FILE", help="the private key of --tls-cert (PEM)")
    add("--no-end", action="store_true", help="close without saying goodbye, as the first robots did")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--test-pattern", action="store_true", help="send a moving test picture instead of the camera's")
    source.add_argument("--images", type=Path, metavar="DIR", help="send the JPEG files of a folder instead")
    options = parser.parse_args(arguments)

    stands_in = "--test-pattern" if options.test_pattern else "--images" if options.images else None
    if stands_in and (options.rotate or options.hflip or options.vflip):
        parser.error(f"--rotate, --hflip and --vflip turn the camera's picture, not that of {stands_in}")
    if stands_in and options.quality is not None:
        parser.error(f"--quality is for the camera's picture, not for {stands_in}")
    if options.images and options.size:
        parser.error("--size does not change the files of --images")
    if (options.tls_cert is None) != (options.tls_key is None) or (options.tls_cert and not options.tls_ca):
        parser.error("--tls-cert and --tls-key go together, and with --tls-ca")
    options.size = options.size or (640, 480)
    options.quality = round(options.quality or 65)
    if options.test_pattern and not all(has >= needs for has, needs in zip(options.size, TestPattern.SMALLEST, strict=True)):
        parser.error("--test-pattern needs a --size of {}x{} or more".format(*TestPattern.SMALLEST))
    return options


def tls_context(options: argparse.Namespace) -> ssl.SSLContext | None:
    """What TLS needs to know, if the stream is to be encrypted."""
    if options.tls_ca is None:
        return None
    named = "--tls-ca", options.tls_ca
    try:
        context = ssl.create_default_context(cafile=options.tls_ca)
        if options.tls_cert:
            named = "--tls-cert and --tls-key", f"{options.tls_cert}, {options.tls_key}"
            # Asked for a password, Python would wait for one to be typed.
            context.load_cert_chain(options.tls_cert, options.tls_key, password="")
    except OSError as error:  # Of which ssl.SSLError is one.
        why = plain(openssl_reason(error)) or error.strerror or error
        raise Failure(f"cannot use {named[0]} {named[1]}: {why}") from error
    return context


def main() -> int:
    """The exit code."""
    options = parse(sys.argv[1:])
    stop, journal, mailbox = StopSignal(), Journal(), Mailbox()
    source = test_pattern if options.test_pattern else images if options.images else camera
    try:
        options.tls = tls_context(options)
        with source(options, mailbox) as what:
            journal.say(f"{what}, {options.fps:g} pictures a second at most")
            Sender(options, mailbox, stop, journal).run()
    except Failure as failure:
        print(f"stream.py: error: {failure}", file=sys.stderr, flush=True)
        return 1
    print("stream.py: ended", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    exit_code = main()
    if CAMERA_HANGS.is_set():
        os._exit(exit_code)  # picamera2 would close the camera once more at Python's own exit, and hang there.
    sys.exit(exit_code)
