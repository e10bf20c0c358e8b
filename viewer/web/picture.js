// Draws a picture, turned as the viewer turns it, with everything that was found in it.

import { drawLabels } from "./label.js";
import { boundsOf, drawOutline } from "./outline.js";
import { KINDS } from "./words.js";

/**
 * Draws `picture` and `marks` all over a canvas whose units are `scale` of its pixels, and returns what was drawn where.
 *
 * @param picture its `bitmap` as decoded, `width` and `height` after turning, `rotate` and `mirror`
 * @param marks corners and key points in pixels of the turned picture
 * @param labels how to write labels: `{ taken: [] }` with what they keep clear of, or `null` for none
 */
export function drawPicture(context, size, scale, picture, marks, labels, skeletons) {
  drawTurned(context, picture);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const [across, down] = [size.width / picture.width, size.height / picture.height];
  // Far beyond the picture nothing shows, but dashes would still be counted out.
  const near = (value, length) => Math.max(-2 * length, Math.min(value, 3 * length));
  const toCanvas = ([x, y]) => [near(x, picture.width) * across, near(y, picture.height) * down];
  const placed = marks.filter((mark) => mark.kind in KINDS && mark.points.length > 0).map((mark) => {
    const points = mark.points.map(toCanvas);
    return { ...mark, points, bounds: boundsOf(points) };
  });
  const textSize = textSizeOf(size);
  const thickness = Math.max(Math.floor((textSize + 3) / 8), 2);
  for (const mark of placed) drawOutline(context, mark, mark.points, thickness, toCanvas, skeletons);
  if (labels) drawLabels(context, placed, size, textSize, labels.taken);
  return placed;
}

/** Turns clockwise, then mirrors left to right. */
function drawTurned(context, { bitmap, rotate, mirror }) {
  const { width, height } = context.canvas;
  const isQuarter = rotate % 180 !== 0;
  const [across, down] = isQuarter ? [height, width] : [width, height];
  context.setTransform(1, 0, 0, 1, width / 2, height / 2);
  // What is set last happens first.
  if (mirror) context.scale(-1, 1);
  context.rotate((rotate * Math.PI) / 180);
  context.imageSmoothingQuality = "medium";
  context.drawImage(bitmap, -across / 2, -down / 2, across, down);
}

/** The same as in the window: 11 pixels at 160×120, 15 at 640×480, 22 at 1920×1440, and in between accordingly. */
export function textSizeOf({ width, height }) {
  const side = Math.min(height, (width * 3) / 4);
  const size = side < 480 ? 15 - (480 - side) / 90 : 15 + (side - 480) / 135;
  return Math.round(Math.max(11, Math.min(size, 28)));
}
