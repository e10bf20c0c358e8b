// Saves pictures as downloads.

import { element } from "./dom.js";

/** Saves the tiles' pictures byte for byte as the robots sent them; how many there were. */
export async function saveAsSent(tiles) {
  const pictures = tiles.filter((tile) => tile.picture);
  return save(pictures.map((tile) => [tile.picture.jpeg, `${nameOf(tile)}.jpg`]));
}

/** Saves the tiles' pictures in their full size, with everything that was found in them; how many there were. */
export async function saveWithOverlay(tiles) {
  const canvases = tiles.filter((tile) => tile.picture).map((tile) => [tile.withOverlay(), `${nameOf(tile)}-overlay.png`]);
  const encoded = canvases.map(([canvas, name]) => new Promise((done) => canvas.toBlob((blob) => done([blob, name]))));
  return save((await Promise.all(encoded)).filter(([blob]) => blob));
}

function nameOf({ robot, picture }) {
  return `robot${robot.place}-frame${String(picture.seq).padStart(6, "0")}`;
}

async function save(files) {
  for (const [n, [blob, download]] of files.entries()) {
    // Of downloads that begin at the same moment, some browsers keep only the last.
    if (n > 0) await new Promise((done) => setTimeout(done, BETWEEN_MS));
    const href = URL.createObjectURL(blob);
    element("a", { href, download }).click();
    setTimeout(() => URL.revokeObjectURL(href), KEPT_MS);
  }
  return files.map(([, name]) => name);
}

const BETWEEN_MS = 250;
/** Long enough for a browser that first asks where to save it. */
const KEPT_MS = 60_000;
