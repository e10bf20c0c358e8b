"""The receiver of picamera's recipe with Pillow's decoder, as fast as it goes: prints its port, then frames and seconds."""

import io
import json
import socket
import struct
import time

try:
    from PIL import Image
except ImportError as error:
    print(json.dumps({"missing": str(error)}), flush=True)
    raise SystemExit(0)

server_socket = socket.socket()
server_socket.bind(("127.0.0.1", 0))
server_socket.listen(1)
server_socket.settimeout(60)
print(json.dumps({"port": server_socket.getsockname()[1]}), flush=True)
connection = server_socket.accept()[0].makefile("rb")
len_size = struct.calcsize("<L")
frames, started = 0, time.monotonic()
while True:
    img_len = struct.unpack("<L", connection.read(len_size))[0]
    if not img_len:
        break
    image_stream = io.BytesIO()
    image_stream.write(connection.read(img_len))
    image_stream.seek(0)
    # Opening reads the header alone; a program that uses the pixels decodes them as well.
    Image.open(image_stream).load()
    frames += 1
print(json.dumps({"frames": frames, "seconds": time.monotonic() - started}), flush=True)
