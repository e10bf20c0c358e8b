// The toolbar, the keys, and the list of keys.

import { element, setData, setText } from "./dom.js";
import { clock, size, visible } from "./words.js";

export class Controls {
  #actions;
  #update = null;
  #skeletons = false;
  #help = document.getElementById("help");
  #record = document.getElementById("record");
  #recording = document.getElementById("recording");

  /** `actions`: `detect(kind, on)`, `skeletons(on)`, `large(place)`, `snapshot()`, `overlay()`, `record(on)`, `say(text)`. */
  constructor(actions) {
    this.#actions = actions;
    const onClick = (id, act) => document.getElementById(id).addEventListener("click", act);
    for (const button of kindButtons()) button.addEventListener("click", () => this.#search(button.dataset.kind));
    onClick("skeletons", () => this.#switchSkeletons());
    onClick("all", () => actions.large(null));
    onClick("snapshot", () => actions.snapshot());
    onClick("overlay", () => actions.overlay());
    onClick("record", () => this.#switchRecording());
    onClick("full-screen", () => this.#switchFullScreen());
    onClick("keys", () => this.#switchHelp());
    document.getElementById("full-screen").hidden = !document.fullscreenEnabled;
    addEventListener("keydown", (event) => this.#key(event));
  }

  /** `update` is the last one, which tells what the viewer searches for and whether it records. */
  show(update, { isConnected, isLarge, hasPicture }) {
    this.#update = update;
    for (const button of kindButtons()) {
      button.setAttribute("aria-pressed", update?.on.includes(button.dataset.kind) ?? false);
      button.disabled = !isConnected;
    }
    document.getElementById("skeletons").setAttribute("aria-pressed", this.#skeletons);
    document.getElementById("all").hidden = !isLarge;
    for (const id of ["snapshot", "overlay"]) document.getElementById(id).disabled = !hasPicture;
    this.#showRecording(update, isConnected);
    if (this.#help.open) this.#showKeys();
  }

  #showRecording(update, isConnected) {
    const recording = isConnected ? (update?.recording ?? null) : null;
    this.#record.disabled = !isConnected;
    this.#record.setAttribute("aria-pressed", recording !== null);
    this.#recording.hidden = recording === null;
    if (recording === null) return;
    const { path, seconds, bytes, lost } = recording;
    const words = [`recording ${clock(seconds)}`, size(bytes), ...(lost > 0 ? [`${lost} lost`] : [])].join(" · ");
    setText(this.#recording.querySelector(".text"), words);
    setData(this.#recording, "lost", lost > 0 ? "" : null);
    this.#recording.title = visible(path);
  }

  #key(event) {
    const { key, target, ctrlKey, altKey, metaKey, repeat } = event;
    if (ctrlKey || altKey || metaKey || repeat || target.matches?.("input, textarea")) return;
    const kind = KIND_OF_KEY[key];
    if (kind) this.#search(kind);
    else if (/^[1-9]$/.test(key)) this.#actions.large(Number(key));
    else if (key === "0") this.#actions.large(null);
    // A dialog and full screen end by themselves with this key.
    else if (key === "Escape" && !this.#help.open && !document.fullscreenElement) this.#actions.large(null);
    else if (key === "k") this.#switchSkeletons();
    else if (key === "s") this.#actions.snapshot();
    else if (key === "o") this.#actions.overlay();
    else if (key === "v") this.#switchRecording();
    else if (key === "F") this.#switchFullScreen();
    else if (key === "?") this.#switchHelp();
    else return;
    event.preventDefault();
  }

  #search(kind) {
    if (this.#update) this.#actions.detect(kind, !this.#update.on.includes(kind));
  }

  #switchSkeletons() {
    this.#skeletons = !this.#skeletons;
    this.#actions.skeletons(this.#skeletons);
  }

  #switchRecording() {
    if (this.#update) this.#actions.record(!this.#update.recording);
    else this.#actions.say("this viewer does not record");
  }

  async #switchFullScreen() {
    if (!document.fullscreenEnabled) {
      this.#actions.say("this browser has no full screen for pages");
      return;
    }
    try {
      await (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
    } catch {
      this.#actions.say("the browser does not allow full screen");
    }
  }

  #switchHelp() {
    if (this.#help.open) {
      this.#help.close();
      return;
    }
    this.#showKeys();
    this.#help.showModal();
  }

  #showKeys() {
    const state = (isOn) => element("td", { class: isOn ? "on" : "off", textContent: isOn ? "on" : "off" });
    const search = (kind) => state(this.#update?.on.includes(kind) ?? false);
    const row = ([keys, what], last = element("td")) => element(
      "tr", {}, element("th", { scope: "row" }, element("kbd", { textContent: keys })),
      element("td", { textContent: what }), last,
    );
    const rows = [
      row(["f", "find faces"], search("face")),
      row(["h", "find humans"], search("human")),
      row(["r", "read QR codes"], search("qr")),
      row(["t", "read tags"], search("tag")),
      row(["k", "show skeletons of humans"], state(this.#skeletons)),
      row(["1–9", "show one robot large; so does a tap on its picture"]),
      row(["0", "show all robots"]),
      row(["s", "save the picture as the robot sent it"]),
      row(["o", "save the picture with what was found in it"]),
      row(["v", "record on the viewer’s machine"], state((this.#update?.recording ?? null) !== null)),
      ...(document.fullscreenEnabled ? [row(["F", "full screen"], state(document.fullscreenElement !== null))] : []),
      row(["?", "show or hide this list"]),
    ];
    const body = this.#help.querySelector("tbody");
    const said = rows.map((row) => row.textContent).join("");
    if (body.textContent !== said) body.replaceChildren(...rows);
    const path = this.#help.querySelector(".path");
    path.hidden = !this.#update?.recording;
    setText(path, path.hidden ? "" : `recording to ${visible(this.#update.recording.path)}`);
  }
}

function kindButtons() {
  return document.querySelectorAll(".toolbar [data-kind]");
}

const KIND_OF_KEY = { f: "face", h: "human", r: "qr", t: "tag" };
