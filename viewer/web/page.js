// The page of `viewer --web`: what the viewer tells of its robots, as tiles.
//
//   connection.js ── updates ──▶ page.js ──▶ tile.js (picture.js, strip.js, payloads.js), waiting.js, controls.js
//
// The page decides nothing about robots and detections: it shows what the last update says, and how old that is.

import { Connection } from "./connection.js";
import { Controls } from "./controls.js";
import { element, setText } from "./dom.js";
import { columnsFor } from "./layout.js";
import { saveAsSent, saveWithOverlay } from "./snapshot.js";
import { Tile } from "./tile.js";
import { Waiting } from "./waiting.js";
import { ago, robots, visible } from "./words.js";

const grid = document.getElementById("robots");
const banner = document.getElementById("banner");
const tiles = new Map();
let update = null;
/** The place of the robot that is shown large. */
let large = null;
let skeletons = false;
let noticeUntil = 0;

const waiting = new Waiting(document.getElementById("waiting"), say);
const controls = new Controls({
  detect: (kind, on) => send({ detect: kind, on }),
  record: (on) => send({ record: on }),
  large: showLarge,
  say,
  skeletons(on) {
    skeletons = on;
    tiles.forEach((tile) => (tile.skeletons = on));
    say(`skeletons: ${on ? "on" : "off"}`);
    refresh();
  },
  snapshot: () => savePictures(saveAsSent),
  overlay: () => savePictures(saveWithOverlay),
});
const connection = new Connection({
  present,
  changed: connectionChanged,
  greetings: () => [...(document.hidden ? [{ visible: false }] : []), ...(large === null ? [] : [{ large }])],
});

banner.querySelector("button").addEventListener("click", () => connection.retryNow());
document.addEventListener("visibilitychange", visibilityChanged);
new ResizeObserver(arrange).observe(grid.parentElement);
setInterval(refresh, 250);
drawIcon();
connectionChanged();

/** Shows an update and the pictures that came with it, all at once. */
function present(latest, pictures) {
  update = latest;
  const places = new Set(update.robots.map((robot) => robot.place));
  for (const [place, tile] of tiles) {
    if (places.has(place)) continue;
    tile.remove();
    tiles.delete(place);
  }
  for (const { place } of update.robots) {
    if (!tiles.has(place)) addTile(place);
  }
  if (large !== null && !places.has(large)) setLarge(null);
  arrange();
  for (const robot of update.robots) {
    const troubles = [...update.troubles, ...robot.troubles];
    tiles.get(robot.place).update(robot, pictures.get(robot.place), troubles);
  }
  waiting.show(update.robots.length === 0 ? (update.waiting ?? { run: [], note: null, unreached: [], left: null }) : null);
  show(document.getElementById("message"), update.message === null ? "" : visible(update.message));
  refresh();
}

function addTile(place) {
  const tile = new Tile(place, { enlarge: () => showLarge(large === place ? null : place), announce: say });
  tile.skeletons = skeletons;
  tiles.set(place, tile);
  const following = [...tiles.keys()].filter((other) => other > place).sort((a, b) => a - b)[0];
  grid.insertBefore(tile.element, tiles.get(following)?.element ?? null);
}

/** Shows the robot at `place` large, or all for `null`. */
function showLarge(place) {
  if (place !== null && !tiles.has(place)) {
    say(`no robot ${place}`);
    return;
  }
  if (place !== large) setLarge(place);
  arrange();
  refresh();
}

function setLarge(place) {
  // The viewer sends no pictures of robots that are not shown.
  if (large !== null) tiles.forEach((tile, other) => other !== large && tile.outdate());
  large = place;
  send({ large });
}

/** Divides the grid among the tiles that are shown. */
function arrange() {
  for (const [place, tile] of tiles) {
    tile.element.hidden = large !== null && place !== large;
    tile.isAlone = tiles.size === 1 || place === large;
    tile.isLarge = place === large;
  }
  const room = { width: grid.clientWidth, height: grid.clientHeight };
  const columns = large === null ? columnsFor(tiles.size, room) : 1;
  const template = `repeat(${columns}, minmax(0, 1fr))`;
  if (grid.style.gridTemplateColumns !== template) grid.style.gridTemplateColumns = template;
}

/** Says what depends on the time and on the connection. */
function refresh() {
  const isConnected = connection.isOpen;
  tiles.forEach((tile) => tile.refresh(isConnected));
  waiting.refresh();
  const shown = shownTiles();
  controls.show(update, { isConnected, isLarge: large !== null, hasPicture: shown.some((tile) => tile.picture) });
  setText(banner.querySelector(".words"), connectionInWords(ago(connection.silentFor() ?? 0)));
  if (performance.now() > noticeUntil) show(document.getElementById("notice"), "");
  const title = `${stateInWords()} – robot-vision`;
  if (document.title !== title) document.title = title;
}

function connectionChanged() {
  document.body.dataset.connection = connection.isOpen ? "open" : "lost";
  document.body.dataset.phase = connection.phase;
  banner.hidden = connection.isOpen;
  setText(banner.querySelector("[role=alert]"), connectionInWords(""));
  if (!connection.isOpen) tiles.forEach((tile) => tile.outdate());
  refresh();
}

function connectionInWords(when) {
  switch (connection.phase) {
    case "open": return "";
    case "connecting": return "connecting to the viewer…";
    case "refused":
      return "the viewer does not accept this page’s address: its token is missing or wrong; open the address that the viewer prints";
    case "full":
      return "the viewer has as many viewers as it allows; close one of the other pages; trying again every 15 s";
    default: {
      const old = shownTiles().some((tile) => tile.picture) ? "the pictures are old; " : "";
      return connection.silentFor() === null
        ? "no connection to the viewer; trying again…"
        : `connection to the viewer lost${when && ` ${when}`}; ${old}trying again…`;
    }
  }
}

function stateInWords() {
  switch (connection.phase) {
    case "connecting": return "connecting";
    case "refused": return "not allowed";
    case "full": return "too many viewers";
    case "lost": return "connection lost";
  }
  const there = update.robots.filter((robot) => robot.state !== "gone");
  const dot = update.recording ? "● " : "";
  if (large !== null) return dot + visible(tiles.get(large).robot.name);
  return dot + (there.length === 0 ? "waiting for a robot" : robots(there.length));
}

function visibilityChanged() {
  send({ visible: !document.hidden });
  if (document.hidden) return;
  connection.shown();
  const isOld = shownTiles().some((tile) => tile.picture);
  tiles.forEach((tile) => tile.outdate());
  if (isOld) say("this page was in the background; dimmed pictures are old");
  refresh();
}

async function savePictures(save) {
  const names = await save(shownTiles());
  const [first, ...others] = names;
  if (first === undefined) say("no picture to save yet");
  else say(others.length === 0 ? `saved ${first}` : `saved ${first} and ${others.length} more`);
}

function shownTiles() {
  return [...tiles.values()].filter((tile) => !tile.element.hidden);
}

function send(message) {
  connection.send(message);
}

/** Shows a passing message of the page's own. */
function say(text) {
  noticeUntil = performance.now() + NOTICE_MS;
  show(document.getElementById("notice"), text);
}

function show(node, text) {
  setText(node, text);
  node.hidden = text === "";
}

/** The icon comes from the script, because for a page without one browsers ask the server for a file that it does not have. */
function drawIcon() {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#1c2028"/>
    <path d="M7 12V7h5M20 7h5v5M25 20v5h-5M12 25H7v-5" fill="none" stroke="#e69f00" stroke-width="3"/>
    <circle cx="16" cy="16" r="4" fill="#56b4e9"/></svg>`;
  const href = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  document.head.append(element("link", { rel: "icon", type: "image/svg+xml", href }));
}

const NOTICE_MS = 3000;
