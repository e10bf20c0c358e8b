// What the page says while no robot is there: who has left, and how a robot can connect.

import { copy } from "./copy.js";
import { element, setText } from "./dom.js";
import { ago, visible } from "./words.js";

export class Waiting {
  #element;
  #announce;
  #said = null;
  #ago = null;

  constructor(section, announce) {
    [this.#element, this.#announce] = [section, announce];
  }

  /** `null` while a robot is there. */
  show(waiting) {
    this.#element.hidden = waiting === null;
    if (waiting === null) {
      this.#said = null;
      return;
    }
    const left = waiting.left;
    if (left) this.#ago = { at: performance.now(), ms: left.ago_ms };
    // Built only when it says something else, or nobody could select the command.
    const said = JSON.stringify({ ...waiting, left: left && [left.name, left.why] });
    if (said !== this.#said) this.#build(waiting);
    this.#said = said;
    this.refresh();
  }

  refresh() {
    const when = this.#element.querySelector(".left .when");
    if (when) setText(when, ago(this.#ago.ms + performance.now() - this.#ago.at));
  }

  #build({ run, note, unreached, left }) {
    const parts = [];
    if (left) {
      const words = `${left.name} ${left.why}`;
      parts.push(element(
        "p", { class: "left" }, element("bdi", { textContent: visible(words) }), element("span", { class: "when" }),
      ));
    }
    parts.push(element("h1", { textContent: "Waiting for a robot" }));
    const [first, ...others] = run ?? [];
    if (first) parts.push(element("p", { class: "label", textContent: "On the robot, run:" }), this.#command(first));
    if (others.length > 0) parts.push(element("p", { class: "label", textContent: "or:" }));
    parts.push(...others.map((line) => this.#command(line)));
    if (note) parts.push(element("p", { class: "note", textContent: visible(note) }));
    if (unreached?.length > 0) parts.push(cameras(unreached));
    this.#element.replaceChildren(element("div", {}, ...parts));
  }

  #command(line) {
    const button = element("button", { type: "button", textContent: "copy" });
    button.addEventListener("click", async () => {
      this.#announce((await copy(line)) ? "copied" : "the browser does not allow copying; select the text instead");
    });
    // An option is not to be broken after its first hyphen.
    const words = visible(line).split(" ").flatMap((word) => [" ", element("span", { textContent: word })]).slice(1);
    return element("p", { class: "command" }, element("code", {}, ...words), button);
  }
}

function cameras(unreached) {
  const camera = ({ name, url, why }) => element(
    "li", {},
    element("bdi", { class: "whom", textContent: visible(name ? `${name}, ${url}` : url) }),
    element("bdi", { class: "why", textContent: why === null ? "" : visible(why) }),
  );
  const label = element("p", { class: "label", textContent: "Connecting to:" });
  return element("div", { class: "unreached" }, label, element("ul", {}, ...unreached.map(camera)));
}
