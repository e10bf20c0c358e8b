// The connection to the viewer: opens it, takes its messages apart, acknowledges them, and opens it again when it is lost.

import { Incoming } from "./update.js";

/**
 * Calls `present(update, pictures)` for each update, in order, when its pictures are decoded, and `changed()` when `phase` is
 * another.
 *
 * Phases: `connecting` until the first update ever, `open`, `lost` and being tried again, `full` (too many viewers; tried again,
 * but rarely) and `refused` (the token is wrong; trying again would not help).
 */
export class Connection {
  phase = "connecting";
  #socket = null;
  #incoming = new Incoming();
  #present;
  #changed;
  #greetings;
  #queue = Promise.resolve();
  /** When the last message came, or the attempt began; all times are the page's, in ms. */
  #heardAt = performance.now();
  #lastUpdateAt = null;
  #failures = 0;
  #retryAt = null;

  /** `greetings()` are the messages that a new connection begins with. */
  constructor({ present, changed, greetings }) {
    [this.#present, this.#changed, this.#greetings] = [present, changed, greetings];
    setInterval(() => this.#tick(), 250);
    addEventListener("online", () => this.retry());
    this.#open();
  }

  get isOpen() {
    return this.phase === "open";
  }

  /** How long ago the last update came, in ms; `null` if none has come. */
  silentFor() {
    return this.#lastUpdateAt === null ? null : performance.now() - this.#lastUpdateAt;
  }

  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Tries at once, if the connection is lost and trying may help. */
  retry() {
    if (this.#socket === null && this.phase !== "refused" && this.phase !== "full") this.#open();
  }

  /** Tries at once because somebody asked for it. */
  retryNow() {
    if (this.#socket === null) this.#open();
  }

  /** To be called when the page is shown again: what was heard while it was hidden, when timers rest, says little. */
  shown() {
    this.#heardAt = Math.max(this.#heardAt, performance.now() - SILENCE_MS / 2);
    this.retry();
  }

  #open() {
    this.#retryAt = null;
    this.#heardAt = performance.now();
    const socket = new WebSocket(addressOf("ws"));
    socket.binaryType = "arraybuffer";
    [this.#socket, this.#incoming] = [socket, new Incoming()];
    socket.onopen = () => this.#greetings().forEach((message) => this.send(message));
    socket.onmessage = ({ data }) => this.#receive(socket, data);
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#lose(code);
    };
  }

  #receive(socket, data) {
    if (socket !== this.#socket) return;
    this.#heardAt = performance.now();
    let message;
    try {
      message = this.#incoming.add(data);
    } catch (error) {
      console.error("the viewer sent a message that cannot be read:", error);
      this.#lose(null);
      return;
    }
    // A part of one is a sign of life as well.
    if (message === null) return;
    // The next update may be decoded while this one is, but they are shown in order.
    const decoding = message.decode();
    this.#queue = this.#queue.then(async () => {
      const pictures = await decoding;
      if (socket !== this.#socket) {
        pictures.forEach(({ bitmap }) => bitmap?.close());
        return;
      }
      this.#lastUpdateAt = performance.now();
      this.#failures = 0;
      try {
        this.#present(message.update, pictures);
      } catch (error) {
        console.error("an update could not be shown:", error);
      }
      this.#enter("open");
      this.send({ ack: message.update.n });
    });
  }

  /** Lets go of the socket, and plans the next attempt. */
  #lose(code) {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    const now = performance.now();
    if (code === TOKEN_IS_WRONG) {
      this.#enter("refused");
    } else if (code === TOO_MANY_VIEWERS) {
      this.#retryAt = now + FULL_RETRY_MS;
      this.#enter("full");
    } else {
      this.#retryAt = now + RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)];
      this.#failures += 1;
      this.#enter(this.#lastUpdateAt === null && this.#failures < 2 ? "connecting" : "lost");
    }
  }

  #enter(phase) {
    if (phase === this.phase) return;
    this.phase = phase;
    this.#changed();
  }

  #tick() {
    const now = performance.now();
    if (this.#socket === null) {
      if (this.#retryAt !== null && now >= this.#retryAt) this.#open();
      return;
    }
    // A hidden page's timers and messages are held back by the browser, and `shown` looks again.
    if (!document.hidden && now - this.#heardAt > (this.isOpen ? SILENCE_MS : CONNECT_MS)) this.#lose(null);
  }
}

/** The address of a path on the server, with the token if the page has one. */
function addressOf(path) {
  const address = new URL(path, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const token = new URLSearchParams(location.search).get("token");
  address.search = token === null ? "" : new URLSearchParams({ token });
  address.hash = "";
  return address;
}

/** The viewer sends an update at least every half second. */
const SILENCE_MS = 3000;
/** For a machine that is switched off no refusal comes. */
const CONNECT_MS = 5000;
/** Before the first attempt, the second, and so on. */
const RETRY_MS = [500, 1000, 2000, 4000, 5000];
const FULL_RETRY_MS = 15000;
const TOKEN_IS_WRONG = 4401;
const TOO_MANY_VIEWERS = 4429;
