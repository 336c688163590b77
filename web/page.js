/**
 * The page: what a visitor sees and does. `worker.js` reads and draws; the address holds the state.
 *
 * @typedef {import("./worker.js").Drawing} Drawing
 * @typedef {import("./worker.js").Face} Face
 *
 * @typedef {object} State
 * @property {string} text Of all faces,
 * @property {Record<string, string>} own but for these, by number.
 * @property {number} seed
 * @property {number} count
 * @property {number} truncation
 * @property {number} open The number of the face that is shown alone, or 0.
 */

import { markMenus, useMenus } from "./menus.js";
import { addTexts } from "./png.js";
import { Pool } from "./pool.js";

const KEPT_NAME = "anime-faces: kept"; // in the browser's storage
const KEPT_FACES = 60;
const IMAGES = 500; // that are remembered
const SEEDS = 2 ** 32;

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);
const model = JSON.parse($("model").textContent);
const pool = new Pool($("worker").textContent, model, $("weights").textContent, ({ message }) => {
  $("reading").textContent = `This browser cannot draw: ${message}`;
});
const example = $("examples").querySelector("button").value;
let state = readAddress();
/** The address of what the grid shows. */
let shown = "";
/** @type {{to: Face, share: number} | null} Where the open face is on its way to another. */
let walk = null;
let kept = readKept();
/** @type {Map<string, Uint8ClampedArray>} What was drawn last, by the drawing in JSON. */
const images = new Map();

/** @returns {State} */
function readAddress() {
  const values = new URLSearchParams(location.hash.slice(1));
  /** @type {(name: string, range: [number, number], otherwise: number) => number} */
  const number = (name, [low, high], otherwise) => {
    const value = Number(values.get(name) || NaN);
    return value >= low && value <= high ? value : otherwise;
  };
  return {
    text: values.get("text") ?? example,
    own: Object.fromEntries([...values].filter(([name]) => /^[1-9]\d*$/.test(name))),
    seed: Math.floor(number("seed", [0, SEEDS - 1], randomSeed())),
    count: Math.floor(number("count", [1, 100], 8)),
    truncation: number("variety", [0, 1], model.truncation),
    open: Math.floor(number("face", [1, 1e9], 0)),
  };
}

/** @param {State} state @returns {string} */
function address({ text, own, seed, count, truncation, open }) {
  const values = { text, seed, count, variety: truncation, ...own, ...(open && { face: open }) };
  return `#${new URLSearchParams(Object.entries(values).map(([k, v]) => [k, String(v)]))}`;
}

function randomSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

/** @param {Partial<State>} changes Change the state, so that the back button undoes it. */
function go(changes) {
  const next = { ...state, ...changes };
  if (next.text !== state.text || next.seed !== state.seed) next.own = {};
  if (address(next) !== location.hash) history.pushState(null, "", address(next));
  show(next);
}

/** @param {Partial<State>} [changes] Draw what the form says, but for these. */
function submit(changes) {
  const seed = Math.min(Number($("seed").value) || 0, SEEDS - 1);
  const [count, truncation] = [Number($("count").value), Number($("variety").value)];
  go({ text: $("text").value, seed, count, truncation, ...changes });
}

/** @param {State} next */
function show(next) {
  const closed = next.open ? 0 : state.open;
  state = next;
  const { text, seed, count, truncation } = state;
  const options = [...$("count").options].map((option) => Number(option.value));
  if (!options.includes(count)) $("count").add(new Option(String(count)));
  for (const [id, value] of Object.entries({ text, seed, count, variety: truncation })) {
    $(id).value = value;
  }
  showVariety();
  const grid = address({ ...state, open: 0 });
  const changed = grid !== shown;
  shown = grid;
  if (changed) pool.clear();
  showFace(); // first: the others are behind it
  if (changed) drawFaces();
  if (closed) $("faces").children[closed - 1]?.focus();
}

const showVariety = () =>
  ($("variety-value").textContent = `${Math.round(100 * $("variety").value)} %`);

/** @param {number} j @returns {Face} */
const faceOf = (j) => ({
  text: state.own[j] ?? state.text,
  seed: state.seed,
  j,
  truncation: state.truncation,
});

const allFaces = () => Array.from({ length: state.count }, (_, k) => faceOf(k + 1));

async function drawFaces() {
  const wanted = shown;
  $("progress").textContent = "";
  const understood = await explain(state.text, $("reading"), $("menus"));
  if (wanted !== shown) return;
  const faces = understood ? allFaces() : [];
  const cells = faces.map((face) => faceButton(face, () => go({ open: face.j })));
  $("faces").replaceChildren(...cells.map(({ button }) => button));
  const results = await Promise.all(cells.map(({ done }) => done));
  if (!understood || !results.every(Boolean)) return;
  $("progress").textContent = `${results.length} drawn. Touch a face to change it.`;
}

/**
 * Say how a text is read, and mark it in the menus.
 *
 * @param {string} text
 * @param {HTMLElement} place
 * @param {HTMLElement} menus
 * @returns {Promise<boolean>} Whether a face can be drawn of it.
 */
async function explain(text, place, menus) {
  const reading = await pool.ask({ kind: "read", text }).catch((error) => error);
  place.classList.toggle("problem", reading instanceof Error);
  if (reading instanceof Error) {
    const { message } = reading;
    place.textContent = `This cannot be drawn: ${message}. Describe a face, as in: ${example}`;
    return false;
  }
  const strong = document.createElement("strong");
  strong.textContent = reading.parts[0];
  place.replaceChildren(strong, ["", ...reading.parts.slice(1)].join("; "));
  markMenus(menus, reading.facts);
  return true;
}

/**
 * Make a button that shows a face as soon as it is drawn.
 *
 * @param {Face} face
 * @param {() => void} act
 */
function faceButton(face, act) {
  const button = $("face").content.firstElementChild.cloneNode(true);
  button.setAttribute("aria-label", `Face ${face.j}: ${face.text}`);
  button.addEventListener("click", act);
  return { button, done: paint(button.firstElementChild, { face }) };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Drawing} drawing
 * @returns {Promise<boolean>} Whether it was drawn, and not given up for newer ones.
 */
async function paint(canvas, drawing) {
  const name = JSON.stringify(drawing);
  const request = { kind: "draw", ...drawing };
  const pixels = images.get(name) ?? (await pool.ask(request).catch(() => null));
  if (!pixels) return false;
  if (images.size > IMAGES) images.clear();
  images.set(name, pixels);
  canvas.width = canvas.height = model.size;
  const context = canvas.getContext("2d", { alpha: false });
  context?.putImageData(new ImageData(pixels, model.size), 0, 0);
  return true;
}

/** Show the open face with what can be done with it, or close it. */
async function showFace() {
  walk = null;
  $("told").textContent = "";
  if (!state.open) return $("dialog").close();
  const face = faceOf(state.open);
  $("face-title").textContent = `Face ${face.j}`;
  $("words").value = face.text;
  if (!$("dialog").open) $("dialog").showModal();
  drawOpenFace();
  nameKeep();
  Object.assign($("share"), { value: 0, disabled: true });
  $("targets").replaceChildren();
  $("walk").hidden = true;
  const understood = await explain(face.text, $("words-reading"), $("words-menus"));
  if (!understood || !state.open || !same(face, faceOf(state.open))) return;
  const targets = [...allFaces(), ...kept].filter((each) => !same(each, face));
  $("targets").replaceChildren(...targets.map(targetButton));
  $("walk").hidden = !targets.length;
}

/** @param {Face} to */
function targetButton(to) {
  const { button } = faceButton(to, () => {
    for (const each of $("targets").children) {
      each.setAttribute("aria-pressed", String(each === button));
    }
    walk = { to, share: 0.5 };
    Object.assign($("share"), { value: walk.share, disabled: false });
    drawOpenFace();
  });
  button.setAttribute("aria-pressed", "false");
  return button;
}

let drawing = false;
let again = false;

/** Draw the open face, or a step of its walk: the newest only, if they come fast. */
async function drawOpenFace() {
  again = drawing;
  if (drawing) return;
  drawing = true;
  const face = faceOf(state.open);
  $("enlarge").setAttribute("aria-label", `Enlarge face ${face.j}: ${face.text}`);
  await paint($("canvas"), { face, ...walk });
  drawing = false;
  if (again && state.open) drawOpenFace();
}

/** @param {Face} a @param {Face} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** @returns {Face[]} */
function readKept() {
  try {
    /** @type {Face[]} */
    const faces = JSON.parse(localStorage.getItem(KEPT_NAME) ?? "[]");
    const whole = faces.filter(({ seed, j }) => Number.isInteger(seed) && Number.isInteger(j));
    return whole.filter(({ text, truncation }) => text && truncation >= 0).slice(0, KEPT_FACES);
  } catch {
    return []; // without storage, or with what another page left there
  }
}

function nameKeep() {
  const isKept = kept.some((face) => same(face, faceOf(state.open)));
  $("keep").textContent = isKept ? "Forget" : "Keep";
}

function showKept() {
  nameKeep();
  $("kept-section").hidden = !kept.length;
  const buttons = kept.map((face) => {
    const { j, ...made } = face;
    return faceButton(face, () => go({ ...made, open: j })).button;
  });
  $("kept").replaceChildren(...buttons);
}

function toggleKept() {
  const face = faceOf(state.open);
  const others = kept.filter((each) => !same(each, face));
  const isNew = others.length === kept.length;
  kept = isNew ? [face, ...kept].slice(0, KEPT_FACES) : others;
  try {
    localStorage.setItem(KEPT_NAME, JSON.stringify(kept));
    $("told").textContent = isNew ? "Kept, below the faces." : "";
  } catch {
    $("told").textContent = "This browser keeps it only until the page is closed.";
  }
  showKept();
}

async function download() {
  const face = faceOf(state.open);
  const to = walk?.to;
  await paint($("canvas"), { face, ...walk });
  /** @type {Blob} */
  const png = await new Promise((resolve) => $("canvas").toBlob(resolve));
  const { text } = await pool.ask({ kind: "read", text: face.text });
  /** @type {Record<string, any>} */
  const values = { ...face, text };
  const fill = (/** @type {string} */ template) =>
    template.replace(/\{(\w+)\}/g, (given, name) => values[name] ?? given);
  const texts = to ? { description: `${text} → ${to.text}` } : model.texts;
  const filled = Object.entries(texts).map(([name, template]) => [name, fill(template)]);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(addTexts(png, filled));
  link.download = `face_${face.seed}_${face.j}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1e4);
}

async function copyLink() {
  const link = location.href.split("#")[0] + address(state);
  try {
    await navigator.clipboard.writeText(link);
    $("told").textContent = "The link is copied.";
  } catch {
    $("told").textContent = link; // to be copied by hand
  }
}

/** @param {string} text Of the open face alone. */
const changeWords = (text) => go({ own: { ...state.own, [state.open]: text } });

/** @param {string} id @param {string} event @param {(event: any) => void} act */
const on = (id, event, act) => $(id).addEventListener(event, act);
for (const id of ["form", "words-form"]) on(id, "submit", (event) => event.preventDefault());
on("form", "submit", () => submit());
for (const id of ["count", "seed", "variety"]) on(id, "change", () => submit());
on("variety", "input", showVariety);
on("dice", "click", () => submit({ seed: randomSeed() }));
on("examples", "click", ({ target }) => target.value && go({ text: target.value }));
on("words-form", "submit", () => changeWords($("words").value));
on("keep", "click", toggleKept);
on("download", "click", download);
on("link", "click", copyLink);
on("close", "click", () => go({ open: 0 }));
on("dialog", "close", () => state.open && go({ open: 0 })); // by the Escape key
on("enlarge", "click", () => {
  const large = $("enlarge").getAttribute("aria-pressed") !== "true";
  $("enlarge").setAttribute("aria-pressed", String(large));
});
on("share", "input", () => {
  if (walk) walk.share = Number($("share").value);
  drawOpenFace();
});
addEventListener("popstate", () => show(readAddress()));
useMenus($("menus"), $("text"), model.said, (text) => go({ text }));
useMenus($("words-menus"), $("words"), model.said, changeWords);
$("more").open = matchMedia("(min-width: 40rem)").matches; // on a phone, the faces come first
history.replaceState(null, "", address(state));
showKept();
show(state);
