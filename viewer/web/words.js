// How the page says things: counts, ages, sizes, and texts that came from outside.

export const KINDS = {
  qr: { label: "QR codes", colour: "#e69f00" },
  tag: { label: "tags", colour: "#cc79a7" },
  face: { label: "faces", colour: "#56b4e9" },
  human: { label: "humans", colour: "#009e73" },
};

/** How old a picture was when it was shown, in words that say what that is counted from. */
export function ageInWords({ ms, of }) {
  const whole = Math.trunc(ms);
  switch (of) {
    case "taken": return `age ${whole} ms`;
    case "best": return `+${whole} ms over best`;
    default: return `${whole} ms after arrival`;
  }
}

/** How long ago something was. */
export function ago(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return "just now";
  return seconds < 120 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ago`;
}

export function robots(number) {
  return number === 1 ? "1 robot" : `${number} robots`;
}

export function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function size(bytes) {
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

/**
 * `text` with a symbol for each character that has no shape of its own.
 *
 * A payload or a name is whatever somebody has printed or typed: line breaks, terminal codes, and marks that make the text
 * around them run from right to left.
 */
export function visible(text) {
  return text.replace(SHAPELESS, (found) => SYMBOLS[found] ?? "\ufffd");
}

/** The same for where text may have several lines: a line break is shown, and then obeyed. */
export function visibleLines(text) {
  return visible(text).replaceAll("↵", "↵\n");
}

// Every phone has these, unlike the symbols that Unicode has for all control characters.
const SYMBOLS = { "\r\n": "↵", "\n": "↵", "\r": "↵", "\t": "⇥" };
// Controls, marks of direction, invisible separators and tags; but for the two joiners that emoji and Persian need.
const SHAPELESS =
  /\r\n|[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
