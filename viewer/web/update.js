// Takes a message from the viewer apart: a length, that much JSON, and the JPEGs that the JSON tells the places of.

/** Throws if the message does not hold what its length and its JSON say. */
export function split(data) {
  if (!(data instanceof ArrayBuffer)) throw new TypeError("it is text, not bytes");
  const length = new DataView(data).getUint32(0, true);
  const json = new Uint8Array(data, 4, length);
  const update = JSON.parse(new TextDecoder().decode(json));
  if (typeof update.n !== "number" || !Array.isArray(update.robots)) throw new TypeError("it has no number or no robots");
  return { update, decode: () => decode(update, data, 4 + length) };
}

/** The pictures by their robots' places, as `{ bitmap, jpeg }`; the bitmap of one that cannot be decoded is `null`. */
async function decode(update, data, start) {
  const all = new Uint8Array(data);
  const sent = update.robots.filter((robot) => robot.picture);
  const pictures = sent.map(async ({ place, picture: { at, bytes } }) => {
    const jpeg = new Blob([all.subarray(start + at, start + at + bytes)], { type: "image/jpeg" });
    // By default an EXIF tag that says how the camera was held is obeyed, as the viewer does, and which colours are meant as well,
    // which neither the viewer nor its detectors do.
    const bitmap = await createImageBitmap(jpeg, { colorSpaceConversion: "none" }).catch(() => null);
    return [place, { bitmap, jpeg }];
  });
  return new Map(await Promise.all(pictures));
}
