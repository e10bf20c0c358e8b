// The payloads of the codes in view, as text that can be selected and copied; never as links or markup.

import { copy } from "./copy.js";
import { element, setData, setText } from "./dom.js";
import { visibleLines } from "./words.js";

export class Payloads {
  /** Called with a few words when something was copied. */
  announce = () => {};
  #items = new Map();
  element = element("ul", { class: "payloads", hidden: true, ariaLabel: "Codes in view" });

  /** Takes over the codes among `marks`; one that is missing stays for a moment, so that it can be reached. */
  update(marks, now) {
    for (const { text, seen } of marks) {
      if (!text || !seen) continue;
      let item = this.#items.get(text);
      if (!item && this.#items.size >= MOST) continue;
      if (!item) {
        item = this.#item(text);
        this.#items.set(text, item);
        this.element.append(item.element);
      }
      item.seenAt = now;
    }
    this.refresh(now);
  }

  refresh(now) {
    for (const [text, item] of this.#items) {
      const missing = now - item.seenAt;
      if (missing > KEPT_MS && !isInUse(item.element)) {
        item.element.remove();
        this.#items.delete(text);
        continue;
      }
      setData(item.element, "missing", missing > MISSING_MS ? "" : null);
      setText(item.note, missing > MISSING_MS ? "no longer in view" : "");
    }
    this.element.hidden = this.#items.size === 0;
  }

  #item(text) {
    const button = element("button", { type: "button", textContent: "copy" });
    button.addEventListener("click", async () => {
      this.announce((await copy(text)) ? "copied" : "the browser does not allow copying; select the text instead");
    });
    const note = element("span", { class: "note" });
    // Focusable, because a long payload is scrolled, and not everybody has a pointer for that.
    const payload = element("bdi", { class: "payload", tabIndex: 0, textContent: visibleLines(text) });
    return { element: element("li", {}, payload, note, button), note, seenAt: 0 };
  }
}

/** Whether somebody is about to select or copy it. */
function isInUse(node) {
  const selection = getSelection();
  // After a tap the item would count as pointed at, and its button as focused, until the next one.
  const isPointedAt = matchMedia("(hover: hover)").matches && node.matches(":hover");
  const isFocused = node.querySelector(":focus-visible") !== null;
  return isPointedAt || isFocused || (!selection.isCollapsed && selection.containsNode(node, true));
}

/** Codes; a wall of them would leave no room for the picture. */
const MOST = 20;
const MISSING_MS = 700;
const KEPT_MS = 3000;
