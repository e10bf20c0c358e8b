// Puts the viewer's messages together to updates: a length, that much JSON, and the JPEGs that the JSON tells the places of.

/** The update that is on its way, which may come in several messages. */
export class Incoming {
  #parts = [];
  #held = 0;
  /** How many bytes are needed to know more: the length, the JSON, all of it. */
  #needed = LENGTH;
  #update = null;

  /**
   * Takes the next message. Returns the update and how to decode its pictures once it is whole, and `null` before; throws if it
   * does not hold what its length and its JSON say.
   */
  add(data) {
    if (!(data instanceof ArrayBuffer)) throw new TypeError("it is text, not bytes");
    this.#parts.push(data);
    this.#held += data.byteLength;
    while (this.#held >= this.#needed) {
      const whole = this.#joined();
      if (this.#update !== null) {
        const [update, json] = [this.#update, this.#jsonEnd(whole)];
        if (this.#held > this.#needed) throw new TypeError("it has more bytes than it says");
        [this.#parts, this.#held, this.#needed, this.#update] = [[], 0, LENGTH, null];
        return { update, decode: () => decode(update, whole, json) };
      }
      if (this.#needed === LENGTH) {
        this.#needed = this.#jsonEnd(whole);
        continue;
      }
      const json = new Uint8Array(whole, LENGTH, this.#needed - LENGTH);
      const update = JSON.parse(new TextDecoder().decode(json));
      if (typeof update.n !== "number" || !Array.isArray(update.robots)) throw new TypeError("it has no number or no robots");
      this.#update = update;
      for (const { picture } of update.robots) this.#needed += picture?.bytes ?? 0;
    }
    return null;
  }

  #jsonEnd(whole) {
    return LENGTH + new DataView(whole).getUint32(0, true);
  }

  /** All that has come, in one piece. */
  #joined() {
    if (this.#parts.length > 1) {
      const whole = new Uint8Array(this.#held);
      let at = 0;
      for (const part of this.#parts) {
        whole.set(new Uint8Array(part), at);
        at += part.byteLength;
      }
      this.#parts = [whole.buffer];
    }
    return this.#parts[0];
  }
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

/** Bytes of the JSON's length. */
const LENGTH = 4;
