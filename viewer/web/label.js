// What is written beside an object, and where.

import { DARK } from "./outline.js";
import { KINDS, visible } from "./words.js";

/**
 * Draws the labels of the objects that are seen, inside a picture of this size, clear of each other and of `taken` where there
 * is room. `marks` have the object's bounds on the canvas as `bounds`.
 */
export function drawLabels(context, marks, picture, textSize, taken) {
  const padding = Math.round((textSize * 2) / 5);
  const height = Math.round(textSize * 1.3) + 2;
  taken = [...taken];
  context.save();
  context.font = `${textSize}px ${FONTS}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.direction = "ltr";
  for (const mark of marks.filter((mark) => mark.seen && mark.label).slice(0, MOST_LABELS)) {
    const text = fitted(context, visible(mark.label), picture.width - 2 * padding);
    if (text === "" || height > picture.height) continue;
    const width = Math.ceil(context.measureText(text).width) + 2 * padding;
    const place = spot({ x: 0, y: 0, width, height }, mark.bounds, picture, taken);
    taken.push(place);
    // Through a faded ground a light picture shows, so a label begins fading only when its outline has half gone.
    context.globalAlpha = Math.min(2 * Math.max(mark.opacity, 0), 1);
    context.fillStyle = DARK;
    context.fillRect(place.x, place.y, place.width, place.height);
    context.fillStyle = KINDS[mark.kind].colour;
    context.fillText(text, place.x + padding, place.y + height / 2 + 0.5);
  }
  context.restore();
}

/** As much of `text` as has room, with dots for the rest. */
function fitted(context, text, room) {
  const all = Array.from(text);
  const fits = (length) => context.measureText(cut(all, length)).width <= room;
  let [fitting, tooLong] = [0, Math.min(all.length, MOST) + 1];
  if (fits(tooLong - 1)) return cut(all, tooLong - 1);
  while (tooLong - fitting > 1) {
    const middle = (fitting + tooLong) >> 1;
    if (fits(middle)) fitting = middle;
    else tooLong = middle;
  }
  return fitting === 0 ? "" : cut(all, fitting);
}

function cut(all, length) {
  return all.length <= length ? all.join("") : `${all.slice(0, length).join("")}…`;
}

/**
 * Where to put `label`: below its object, else above, else past the labels in `taken`, always inside `picture`.
 *
 * Where no place is free it covers another label.
 */
function spot(label, object, picture, taken) {
  const x = clamped(object.x, 0, picture.width - label.width);
  const at = (y) => ({ ...label, x, y: clamped(y, 0, picture.height - label.height) });
  const [below, above] = [object.y + object.height + GAP, object.y - GAP - label.height];
  const beside = [below, above].filter((y) => at(y).y === y).map(at);
  const past = taken
    .filter((other) => other.x < x + label.width && x < other.x + other.width)
    .flatMap((other) => [at(other.y + other.height + 1), at(other.y - 1 - label.height)])
    .sort((a, b) => Math.abs(a.y - below) - Math.abs(b.y - below));
  // Where neither side has room, over the object.
  const candidates = [...beside, at(below), ...past];
  return candidates.find((place) => !taken.some((other) => overlap(place, other))) ?? candidates[0];
}

function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function clamped(value, low, high) {
  return Math.max(low, Math.min(value, high));
}

const FONTS = "system-ui, sans-serif";
/** Characters that are measured; more have no room on any screen. */
const MOST = 120;
/** More would hide the picture, and finding room for hundreds takes long. */
const MOST_LABELS = 64;
/** Pixels between an object and its label. */
const GAP = 3;
