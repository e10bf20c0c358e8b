// Copies text.

import { element } from "./dom.js";

/** Whether `text` was copied. */
export async function copy(text) {
  // Pages that came over plain HTTP from another machine have no clipboard.
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // The permission may be missing; the other way needs none.
    }
  }
  const focused = document.activeElement;
  const field = element("textarea", { class: "visually-hidden", value: text, readOnly: true });
  // A modal dialog takes the focus away from everything outside.
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return isCopied;
}
