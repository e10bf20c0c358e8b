// The strip below a picture: which robot it is, and how its stream is doing.

import { element, setData, setText } from "./dom.js";
import { ageInWords, visible } from "./words.js";

export class Strip {
  #robot = null;
  #rising = { dropped: -Infinity, corrupt: -Infinity };
  #paceAt = -Infinity;
  #key = element("kbd");
  #name = element("bdi", { class: "name" });
  #state = element("span", { class: "state" });
  #fps = element("span");
  #age = element("span");
  #losses = {
    dropped: element("span", { class: "dropped" }),
    corrupt: element("span", { class: "corrupt" }),
  };
  #troubles = element("span", { class: "troubles" });
  // What does not fit wraps to rows that are hidden, so the order is that of importance.
  element = element(
    "footer", { class: "strip" }, this.#key,
    element("p", {}, this.#name, this.#state, this.#fps, this.#age, this.#losses.dropped, this.#losses.corrupt,
      this.#troubles),
  );

  /** `troubles` are what is wrong with the detectors. */
  update(robot, troubles, now) {
    if (this.#robot?.robot !== robot.robot) {
      this.#robot = null;
      [this.#rising, this.#paceAt] = [{ dropped: -Infinity, corrupt: -Infinity }, -Infinity];
    }
    for (const what of ["dropped", "corrupt"]) {
      if (this.#robot && robot[what] > this.#robot[what]) this.#rising[what] = now + RISING_MS;
    }
    this.#robot = robot;
    setText(this.#troubles, robot.state === "live" ? troubles.join(", ") : "");
  }

  show(state, isOld, now) {
    const robot = this.#robot;
    setText(this.#key, robot.place <= 9 ? String(robot.place) : "");
    setText(this.#name, visible(robot.name));
    setText(this.#state, WORDS[isOld ? "old" : state]);
    const isLive = state === "live" && !isOld;
    // Numbers that change with every picture cannot be read.
    if (!isLive || now - this.#paceAt > PACE_MS) {
      this.#paceAt = isLive ? now : -Infinity;
      setText(this.#fps, isLive && robot.fps !== null ? `${robot.fps.toFixed(0)} fps` : "");
      setText(this.#age, isLive && robot.age !== null ? ageInWords(robot.age) : "");
    }
    for (const [what, span] of Object.entries(this.#losses)) {
      setText(span, robot[what] === null ? "" : `${what} ${robot[what]}`);
      setData(span, "rising", now < this.#rising[what] ? "" : null);
    }
  }
}

const WORDS = {
  waiting: "waiting", live: "live", stale: "silent", gone: "gone", old: "old picture", lost: "not connected",
};
const RISING_MS = 2000;
const PACE_MS = 300;
