// One robot: its picture with everything over it, or a message, and the strip below.

import { element, setData, setText } from "./dom.js";
import { Payloads } from "./payloads.js";
import { drawPicture } from "./picture.js";
import { Strip } from "./strip.js";
import { KINDS, ago, visible } from "./words.js";

export class Tile {
  /** The robot as the last update tells of it, and when that came. */
  robot = null;
  /** What is on the canvas: `{ bitmap, jpeg, seq, width, height, rotate, mirror }`; `null` without a picture. */
  picture = null;
  #marks = [];
  #receivedAt = 0;
  #drawnAt = 0;
  #drawn = 0;
  /** Whether a newer picture may be missing, though the robot is live. */
  #isOld = false;
  /** Whether the browser made nothing of the last picture. */
  #isUndecodable = false;
  #isAlone = false;
  #skeletons = false;
  #room = { width: 0, height: 0 };
  #payloads = new Payloads();
  #strip = new Strip();
  #canvas = element("canvas", { class: "picture" });
  #counts = element("ul", { class: "counts" });
  #silenceWords = element("span", { class: "words" });
  #silenceTime = element("span");
  #silence = element("p", { class: "silence", hidden: true }, this.#silenceWords, this.#silenceTime);
  #title = element("bdi");
  #why = element("p", { class: "why" });
  #when = element("p", { class: "when" });
  #message = element("div", { class: "middle" }, element("h2", {}, this.#title), this.#why, this.#when);
  #enlarge = element("button", { type: "button", class: "enlarge" });
  #stage = element(
    "div", { class: "stage" }, this.#canvas, this.#counts, this.#silence, this.#message, this.#enlarge,
  );
  element = element("article", { class: "tile" }, this.#stage, this.#payloads.element, this.#strip.element);

  constructor(place, { enlarge, announce }) {
    this.element.dataset.place = place;
    this.#canvas.setAttribute("role", "img");
    this.#canvas.dataset.drawn = 0;
    this.#enlarge.addEventListener("click", enlarge);
    this.#payloads.announce = announce;
    new ResizeObserver(() => this.#resized()).observe(this.#stage);
  }

  /** Takes over what an update says of the robot and of the detectors, and its new picture if there is one. */
  update(robot, sent, troubles) {
    const now = performance.now();
    const isAnother = this.robot !== null && this.robot.robot !== robot.robot;
    // Without any, it has those that it had.
    robot.marks ??= isAnother ? [] : (this.robot?.marks ?? []);
    [this.robot, this.#receivedAt] = [robot, now];
    if (isAnother) {
      // Another robot has this place by now.
      this.#forgetPicture();
      [this.#isOld, this.#isUndecodable] = [false, false];
    }
    if (robot.seq === null || robot.state === "waiting" || robot.state === "gone") {
      this.#forgetPicture();
    } else if (sent?.bitmap) {
      this.#take(sent, robot, now);
    } else if (this.picture?.seq === robot.seq) {
      // Old marks fade, and a picture may be turned without a new one.
      Object.assign(this.picture, turnOf(robot));
      [this.#marks, this.#isOld] = [robot.marks, false];
      this.#draw();
    }
    if (sent) this.#isUndecodable = sent.bitmap === null;
    this.#strip.update(robot, troubles, now);
    this.#payloads.update(this.#isAlone ? robot.marks : [], now);
    this.#showCounts();
    this.refresh(true);
  }

  /** Shows it large, or as one of several. */
  set isAlone(isAlone) {
    if (isAlone !== this.#isAlone && this.robot) this.#payloads.update(isAlone ? this.robot.marks : [], performance.now());
    this.#isAlone = isAlone;
    setData(this.element, "alone", isAlone ? "" : null);
  }

  set isLarge(isLarge) {
    this.#enlarge.setAttribute("aria-pressed", isLarge);
  }

  set skeletons(skeletons) {
    if (skeletons === this.#skeletons) return;
    this.#skeletons = skeletons;
    this.#draw();
  }

  /** The picture no longer counts as the robot's latest until a newer one comes, or the viewer says that there is none. */
  outdate() {
    this.#isOld = true;
  }

  /** Says what depends on the time. */
  refresh(isConnected) {
    const { robot } = this;
    if (!robot) return;
    const now = performance.now();
    const since = now - this.#receivedAt;
    const state = isConnected ? robot.state : "lost";
    // While a large update comes in parts, the last one says less and less about now.
    const behind = since > BEHIND_MS || (this.picture?.seq !== robot.seq && now - this.#drawnAt > BEHIND_MS);
    const isOld = state === "live" && this.picture !== null && (this.#isOld || behind);
    const hasPicture = this.picture !== null && ["live", "stale", "lost"].includes(state);
    const name = visible(robot.name);
    setData(this.element, "state", state);
    setData(this.element, "seq", this.picture?.seq ?? null);
    setData(this.element, "old", isOld ? "" : null);
    setData(this.element, "picture", hasPicture ? "" : null);
    this.element.setAttribute("aria-label", name);
    this.#canvas.setAttribute("aria-label", `picture of ${name}`);
    this.#enlarge.setAttribute("aria-label", `show ${name} large`);
    this.#strip.show(state, isOld, now);
    this.#showSilence(state, isOld, since, now);
    this.#message.hidden = hasPicture;
    if (!hasPicture) this.#showMessage(name, state, since);
    // What was in view when the connection was lost can still be copied.
    if (isConnected) this.#payloads.refresh(now);
  }

  remove() {
    this.#forgetPicture();
    this.element.remove();
  }

  /** A canvas with the picture in its full size and everything that was found in it; `null` without a picture. */
  withOverlay() {
    if (!this.picture) return null;
    const { width, height } = this.picture;
    const canvas = element("canvas", { width, height });
    const context = canvas.getContext("2d");
    drawPicture(context, { width, height }, 1, this.picture, this.#marks, { taken: [] }, this.#skeletons);
    return canvas;
  }

  #take({ bitmap, jpeg }, robot, now) {
    this.picture?.bitmap.close();
    this.picture = { bitmap, jpeg, seq: robot.seq, ...turnOf(robot) };
    [this.#marks, this.#isOld, this.#drawnAt] = [robot.marks, false, now];
    this.#draw();
    this.#drawn += 1;
    this.#canvas.dataset.drawn = this.#drawn;
  }

  #forgetPicture() {
    this.picture?.bitmap.close();
    [this.picture, this.#marks] = [null, []];
    delete this.#canvas.dataset.marks;
  }

  #resized() {
    this.#room = { width: this.#stage.clientWidth, height: this.#stage.clientHeight };
    this.#draw();
  }

  /** Draws picture and marks in one go, so that they change together. */
  #draw() {
    const { picture } = this;
    if (!picture) return;
    if (this.#room.width === 0) this.#room = { width: this.#stage.clientWidth, height: this.#stage.clientHeight };
    const room = this.#room;
    if (room.width === 0 || room.height === 0) return;
    const shrink = Math.min(room.width / picture.width, room.height / picture.height);
    const size = {
      width: Math.max(Math.round(picture.width * shrink), 1),
      height: Math.max(Math.round(picture.height * shrink), 1),
    };
    const scale = scaleOf(size, picture);
    const [width, height] = [Math.ceil(size.width * scale), Math.ceil(size.height * scale)];
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    [this.#canvas.style.width, this.#canvas.style.height] = [`${size.width}px`, `${size.height}px`];
    const context = this.#canvas.getContext("2d", { alpha: false });
    const small = this.#isAlone ? SMALL_ALONE : SMALL;
    const isSmall = room.width < small.width || room.height < small.height;
    const labels = isSmall ? null : { taken: [this.#countsOver(size)] };
    const placed = drawPicture(context, size, scale, picture, this.#marks, labels, this.#skeletons);
    const tenths = (value) => Math.round(value * 10) / 10;
    this.#canvas.dataset.marks = JSON.stringify(placed.map(({ kind, seen, bounds: { x, y, width, height } }) => {
      return { kind, seen, box: [x, y, width, height].map(tenths) };
    }));
  }

  #showCounts() {
    const { counts } = this.robot;
    const key = counts.map(([kind, number]) => `${kind} ${number}`).join();
    if (key === this.#counts.dataset.said) return;
    this.#counts.dataset.said = key;
    // A small tile leaves out the words.
    const item = ([kind, number]) => element(
      "li", { data: { kind } }, element("span", { class: "words", textContent: `${KINDS[kind].label}: ` }),
      ...(number === null ? [element("span", { class: "words", textContent: "looking" }), "…"] : [String(number)]),
    );
    this.#counts.replaceChildren(...counts.filter(([kind]) => kind in KINDS).map(item));
    this.#countsSize = null;
  }

  /** Where the counts are, on a canvas of this size, which is in the middle of the stage. */
  #countsOver(size) {
    this.#countsSize ??= {
      width: this.#counts.offsetLeft + this.#counts.offsetWidth, height: this.#counts.offsetTop + this.#counts.offsetHeight,
    };
    const [left, above] = [(this.#room.width - size.width) / 2, (this.#room.height - size.height) / 2];
    return { x: -left, y: -above, ...this.#countsSize };
  }
  #countsSize = null;

  /** How long no picture has come, of a robot that is silent or whose pictures do not reach the page. */
  #showSilence(state, isOld, since, now) {
    this.#silence.hidden = !this.picture || !(state === "stale" || isOld);
    if (this.#silence.hidden) return;
    const ms = state === "stale" ? this.robot.silent_ms + since : now - this.#drawnAt;
    setText(this.#silenceWords, state === "stale" ? "no picture for " : "old picture, ");
    setText(this.#silenceTime, `${Math.floor(ms / 1000)} s`);
  }

  #showMessage(name, state, since) {
    const { robot } = this;
    setText(this.#title, name);
    const missing = this.#isUndecodable ? "this browser cannot decode its pictures" : "waiting for a picture";
    const why = state === "live" || state === "stale" ? missing : (robot.why ?? "");
    setText(this.#why, state === "lost" ? "not connected to the viewer" : visible(why));
    setText(this.#when, state === "gone" && robot.ago_ms !== null ? ago(robot.ago_ms + since) : "");
  }
}

function turnOf({ width, height, rotate, mirror }) {
  return { width, height, rotate, mirror };
}

/**
 * How many of the canvas's pixels make one of the page's.
 *
 * As many as the display has, so that text is sharp; but on a large display no more than the picture itself has, lest scaling
 * it up takes longer than decoding it.
 */
function scaleOf(size, picture) {
  const enough = Math.sqrt(ENOUGH_PIXELS / (size.width * size.height));
  return Math.min(devicePixelRatio, Math.max(1, picture.width / size.width, enough));
}

const ENOUGH_PIXELS = 1_500_000;
/** How long the viewer may say that a robot is live before the picture that belongs to this must have come. */
const BEHIND_MS = 2000;
/** Of several, a smaller tile has no labels; large, it has. */
const SMALL = { width: 300, height: 200 };
/** The same for a robot that has the page to itself. */
const SMALL_ALONE = { width: 200, height: 130 };
