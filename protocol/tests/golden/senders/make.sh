#!/bin/sh
# Writes the streams of tests/senders.rs with the senders' own programs: FFmpeg and GStreamer, as Debian packages them
# (ffmpeg, gstreamer1.0-tools, gstreamer1.0-plugins-base, gstreamer1.0-plugins-good). Three pictures each.
#
#     sh make.sh
set -eu
cd "$(dirname "$0")"

source="-f lavfi -i testsrc=size=48x32:rate=10 -frames:v 3"
# shellcheck disable=SC2086
ffmpeg -v error -y $source -c:v mjpeg -f mjpeg ffmpeg-mjpeg.bin
# shellcheck disable=SC2086
ffmpeg -v error -y $source -c:v mjpeg -f mpjpeg ffmpeg-mpjpeg.bin
# shellcheck disable=SC2086
ffmpeg -v error -y $source -c:v mpeg4 -f m4v ffmpeg-mpeg4.bin
# shellcheck disable=SC2086
ffmpeg -v error -y $source -c:v mjpeg -f mpegts ffmpeg-mpegts.bin
# shellcheck disable=SC2086
ffmpeg -v error -y $source -c:v mjpeg -f matroska ffmpeg-matroska.bin
# shellcheck disable=SC2086
ffmpeg -v error -y $source -c:v libx264 -f h264 ffmpeg-h264.bin
# shellcheck disable=SC2086
ffmpeg -v error -y $source -c:v png -f image2pipe ffmpeg-png.bin

picture="video/x-raw,format=I420,width=48,height=32"
gst-launch-1.0 -q videotestsrc num-buffers=3 ! "$picture" ! jpegenc ! filesink location=gstreamer-jpegenc.bin
gst-launch-1.0 -q videotestsrc num-buffers=3 ! "$picture" ! jpegenc ! multipartmux ! \
    filesink location=gstreamer-multipartmux.bin
gst-launch-1.0 -q videotestsrc num-buffers=3 ! "$picture" ! jpegenc ! multipartmux boundary=two-words ! \
    filesink location=gstreamer-boundary.bin
