"""A camera that serves MJPEG over HTTP, as the programs do that people have: each mode writes what one of them writes.

usage: http_camera.py MODE PORT ROUNDS JPEG...; port 0 takes a free one. Prints the port, then a line for each request.
"""

import base64
import http.server
import pathlib
import sys
import time

MODES = {
    # mode: (version, boundary in the header, chunked, Content-Length in parts)
    "mjpg-streamer": ("HTTP/1.0", "boundarydonotcross", False, True),
    "ustreamer": ("HTTP/1.0", "boundarydonotcross", False, True),
    "esp32": ("HTTP/1.1", "123456789000000000000987654321", True, True),
    "no-lengths": ("HTTP/1.1", '"--quoted boundary"', False, False),
    "private": ("HTTP/1.1", "frame", False, True),
}
RATE = 30.0


class Camera(http.server.BaseHTTPRequestHandler):
    mode = "mjpg-streamer"
    pictures: list[bytes] = []
    rounds = 0

    def do_GET(self) -> None:
        print(f"GET {self.path}", flush=True)
        version, boundary, chunked, lengths = MODES[self.mode]
        self.protocol_version = version
        if self.path == "/":
            return self.answer(200, "text/html", b"<html>a page</html>")
        if self.path == "/snapshot":
            return self.answer(200, "image/jpeg", self.pictures[0])
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/stream")
            return self.end_headers()
        if self.path == "/nowhere":
            self.send_response(302)
            return self.end_headers()
        if self.path == "/gzip":
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=b")
            self.send_header("Content-Encoding", "gzip")
            return self.end_headers()
        if self.path not in ("/stream", "/?action=stream"):
            return self.answer(404, "text/plain", b"no such thing")
        if self.mode == "private":
            wanted = "Basic " + base64.b64encode(b"pupil:s:cret").decode()
            if self.headers.get("Authorization") != wanted:
                return self.answer(401, "text/plain", b"who are you?")
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace;boundary={boundary}")
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        self.chunked = chunked
        self.stream(boundary.strip('"').removeprefix("--"), lengths)

    def stream(self, boundary: str, lengths: bool) -> None:
        boundary = f"\r\n--{boundary}\r\n"
        # ESP32-CAM's example writes the boundary before each part, the others one more behind the last.
        before = boundary if self.mode == "esp32" else ""
        if not before:
            self.write(boundary.lstrip().encode())
        for picture in self.pictures * self.rounds:
            length = f"Content-Length: {len(picture)}\r\n" if lengths else ""
            self.write(f"{before}Content-Type: image/jpeg\r\n{length}X-Timestamp: {time.time():.6f}\r\n\r\n".encode())
            self.write(picture)
            if not before:
                self.write(boundary.encode())
            time.sleep(1 / RATE)
        if self.chunked:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def write(self, data: bytes) -> None:
        if self.chunked:
            data = f"{len(data):X}\r\n".encode() + data + b"\r\n"
        self.wfile.write(data)

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    Camera.mode, port, rounds, *paths = sys.argv[1:]
    Camera.rounds = int(rounds)
    Camera.pictures = [pathlib.Path(path).read_bytes() for path in paths]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Camera)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
