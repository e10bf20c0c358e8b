// Draws where an object is.

import { KINDS } from "./words.js";

/**
 * The outline, dark below and coloured above, so that it shows on light and dark ground.
 *
 * `points` are the mark's corners on the canvas, `toCanvas` places its key points, and `thickness` is that of the coloured
 * line. That of an object that is only expected is thin, dashed and dim.
 */
export function drawOutline(context, mark, points, thickness, toCanvas, skeletons) {
  const colour = KINDS[mark.kind].colour;
  const opacity = Math.min(Math.max(mark.opacity, 0), 1);
  context.save();
  context.lineJoin = "round";
  context.lineCap = "round";
  if (mark.seen) {
    context.globalAlpha = opacity;
    trace(context, mark.kind, points, DARK, 2 * thickness);
    trace(context, mark.kind, points, colour, thickness);
    if (skeletons && mark.keypoints) drawSkeleton(context, mark.keypoints.map(toCanvas), colour, thickness / 2);
  } else {
    context.globalAlpha = EXPECTED * opacity;
    context.lineCap = "butt";
    context.setLineDash([DASH, DASH]);
    const path = mark.kind === "face" ? circle(points) : polygon(points);
    stroke(context, path, DARK, 1.5 * thickness);
    stroke(context, path, colour, thickness / 2);
  }
  context.restore();
}

export function boundsOf(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/**
 * A circle around a head, a box around a body, a code's four sides with a dot at the first corner, a tag's with a line from
 * its middle to the upper one.
 */
function trace(context, kind, points, colour, thickness) {
  stroke(context, kind === "face" ? circle(points) : polygon(points), colour, thickness);
  if (kind === "qr") {
    context.fillStyle = colour;
    context.beginPath();
    context.arc(...points[0], 2 + thickness, 0, 2 * Math.PI);
    context.fill();
  }
  if (kind === "tag" && points.length === 4) {
    const [a, b, c, d] = points;
    const line = new Path2D();
    line.moveTo((a[0] + b[0] + c[0] + d[0]) / 4, (a[1] + b[1] + c[1] + d[1]) / 4);
    line.lineTo((a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
    stroke(context, line, colour, thickness);
  }
}

/** Lines between the key points. */
function drawSkeleton(context, points, colour, thickness) {
  const path = new Path2D();
  for (const [from, to] of BONES) {
    if (!points[from] || !points[to]) continue;
    path.moveTo(...points[from]);
    path.lineTo(...points[to]);
  }
  stroke(context, path, DARK, 3 * thickness);
  stroke(context, path, colour, thickness);
}

function polygon(points) {
  const path = new Path2D();
  points.forEach(([x, y], n) => (n === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  path.closePath();
  return path;
}

function circle(points) {
  const { x, y, width, height } = boundsOf(points);
  const path = new Path2D();
  path.arc(x + width / 2, y + height / 2, Math.max(width, height) / 2, 0, 2 * Math.PI);
  return path;
}

function stroke(context, path, colour, thickness) {
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.stroke(path);
}

export const DARK = "#101010";
/** Which key points are joined, by their places in COCO's order: a head, arms, a body, legs. */
const BONES = [
  [0, 1], [0, 2], [1, 3], [2, 4],
  [5, 6], [5, 7], [7, 9], [6, 8], [8, 10],
  [5, 11], [6, 12], [11, 12],
  [11, 13], [13, 15], [12, 14], [14, 16],
];
/** Opacity of an expected object's outline, relative to that of one that is seen. */
const EXPECTED = 0.6;
/** Length of a dash, and of the gap after it. */
const DASH = 6;
