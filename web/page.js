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
 * @property {number} variety The truncation.
 * @property {number} face The number of the face that is shown alone, or 0.
 */

import { addTexts } from "./png.js";
import { Pool } from "./pool.js";
import { clean, HAS_WORD } from "./text.js";

const KEPT_FACES = 60;
const IMAGES = 500; // that are remembered
const SWATCHES = ".menus button";

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);
/** @param {string} id @param {string} event @param {(event: any) => void} act */
const on = (id, event, act) => $(id).addEventListener(event, act);
const model = JSON.parse($("model").textContent);
const pool = new Pool($("worker").textContent, model, $("weights").textContent, ({ message }) => {
  $("reading").textContent = `This browser cannot draw: ${message}`;
});
const example = $("examples").querySelector("button").value;
/** @type {Map<string, Uint8ClampedArray>} What was drawn last, by the drawing in JSON. */
const images = new Map();
const KEPT_NAME = `anime-faces: kept ${model.texts.model_hash}`; // in the browser's storage
const anySeed = () => crypto.getRandomValues(new Uint32Array(1))[0];
let note = ""; // of what the address says and cannot be; told once
let state = readState(new URLSearchParams(location.hash.slice(1)));
let kept = readKept();
let shown = ""; // the address of what the grid shows

/** @param {URLSearchParams} given Of an address or of the form. @returns {State} */
function readState(given) {
  /**
   * @param {string} name
   * @param {number} low
   * @param {number} high
   * @param {number} otherwise If there is no number.
   * @param {(value: number) => number} round
   */
  const number = (name, low, high, otherwise, round = Math.floor) => {
    const said = given.get(name);
    const value = parseFloat(said ?? "");
    const used = isNaN(value) ? otherwise : round(Math.min(Math.max(value, low), high));
    if (said !== null && (said === "" || Number(said) !== used)) {
      note += ` The link says ${name}=${said}, which cannot be: ${used} is used.`;
    }
    return used;
  };
  if (location.hash && !given.has("text")) note += ` The link has no text: ${example} is drawn.`;
  const text = given.get("text") ?? example;
  const isOwn = (/** @type {string[]} */ [j, own]) => /^[1-9]\d*$/.test(j) && HAS_WORD.test(own);
  return {
    text,
    own: Object.fromEntries([...given].filter(isOwn)),
    seed: number("seed", 0, 2 ** 32 - 1, anySeed()),
    count: number("count", 1, 100, 8),
    variety: number("variety", 0, 1, model.truncation, (value) => Math.round(value * 1e4) / 1e4),
    face: HAS_WORD.test(text) ? number("face", 0, 1e9, 0) : 0,
  };
}

/** @param {State} state @returns {string} */
function address({ text, own, seed, count, variety, face }) {
  const values = { text, seed, count, variety, ...own, ...(face && { face }) };
  return `#${new URLSearchParams(/** @type {any} */ (values))}`;
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
  $("more").open ||= !$("form").checkValidity();
  if (!$("form").reportValidity()) return;
  const values = new URLSearchParams(/** @type {any} */ (new FormData($("form"))));
  const next = { ...readState(values), own: state.own, ...changes };
  note = ""; // fields may be empty
  if (accepts(next.text, $("form"))) return go(next);
  shown = ""; // whatever is typed next is read
  $("progress").textContent = "";
}

/** @param {any} event Of a text that changes: its reading is that of another. */
function clearReading({ target }) {
  target.ariaInvalid = "false";
  readingIn(target.form).textContent = "";
  shown = "";
}

/** @param {State} next */
function show(next) {
  const closed = next.face ? 0 : state.face;
  state = next;
  history.replaceState(null, "", address(state)); // without what was damaged
  const { text, seed, count, variety } = state;
  for (const [id, value] of Object.entries({ text, seed, count, variety })) $(id).value = value;
  showPercent("variety");
  const grid = address({ ...state, face: 0 });
  const changed = grid !== shown || note;
  shown = grid;
  if (changed) pool.clear();
  showFace(); // first: the others are behind it
  if (changed) showFaces();
  if (closed) $("faces").children[closed - 1]?.focus();
}

/** @param {string} id Of a slider. */
function showPercent(id) {
  const percent = `${Math.round(100 * $(id).value)} %`;
  $(`${id}-value`).textContent = percent;
  $(id).setAttribute("aria-valuetext", percent);
}

/** @param {number} j @returns {Face} */
function faceOf(j) {
  const { text, own, seed, variety } = state;
  return { text: own[j] ?? text, seed, j, truncation: variety };
}

const allFaces = () => Array.from({ length: state.count }, (_, k) => faceOf(k + 1));

async function showFaces() {
  const wanted = shown;
  const reading = explain(state.text, $("form")); // before the faces
  const accepted = accepts(state.text, $("form"));
  $("progress").textContent = accepted ? `Drawing ${state.count} …` : "";
  if (!accepted) return showKept(); // with the faces as they were
  const drawn = fill("faces", allFaces(), (cell, { j }) => {
    cell.href = address({ ...state, face: j });
  });
  showKept();
  if (!(await reading) || !(await drawn).every(Boolean) || wanted !== shown) return;
  $("progress").textContent = `${state.count} drawn. Touch a face to change it.${note}`;
  note = "";
}

/** @param {HTMLFormElement} form @returns {HTMLElement} Where it says how its text is read. */
const readingIn = (form) => /** @type {any} */ (form.querySelector("[role=status]"));

/**
 * Show a text in the field of a form. If no face can be drawn of it, say why below the field.
 *
 * @param {string} text
 * @param {any} form
 * @returns {boolean} Whether a face can be drawn of it.
 */
function accepts(text, form) {
  const [field] = form.elements;
  Object.assign(field, { value: text, ariaInvalid: "false" });
  try {
    clean(text, model.encoder.tables);
  } catch (/** @type {any} */ { message }) {
    field.ariaInvalid = "true";
    const problem = `This cannot be drawn: ${message}.`;
    readingIn(form).textContent = `${problem} Describe a face, as in: ${example}`;
    markMenus(form, []);
  }
  return field.ariaInvalid === "false";
}

/**
 * Say how a text is read, and mark it in the menus.
 *
 * @param {string} text
 * @param {HTMLFormElement} form
 */
async function explain(text, form) {
  if (!accepts(text, form)) return false;
  const reading = await pool.ask({ kind: "read", text }).catch(() => null);
  if (!reading) return false; // given up
  const [first, ...others] = reading.parts;
  const strong = Object.assign(document.createElement("strong"), { textContent: first });
  readingIn(form).replaceChildren(strong, ["", ...others].join("; "));
  markMenus(form, reading.facts);
  return true;
}

/** @param {any} form @param {string[]} facts What its text states, to be shown in its menus. */
function markMenus(form, facts) {
  for (const button of form.querySelectorAll(SWATCHES)) {
    button.ariaPressed = String(facts.includes(button.value));
  }
  for (const option of form.querySelectorAll("option")) {
    option.selected = facts.includes(option.value); // else the first is, which is any
  }
}

/**
 * Call a function with the text that results from each choice in the menus of a form.
 *
 * @param {any} form Its first field has the text.
 * @param {(text: string) => void} act
 */
function useMenus(form, act) {
  const choose = (/** @type {any} */ { target: { ariaPressed, name, value } }) => {
    const change = { attribute: name, value: ariaPressed === "true" ? "" : value };
    const request = { kind: "vary", text: form.elements[0].value, ...change };
    pool.ask(request).then(act, () => {}); // unless it is given up
  };
  for (const button of form.querySelectorAll(SWATCHES)) button.addEventListener("click", choose);
  for (const list of form.querySelectorAll("select")) list.addEventListener("change", choose);
}

/**
 * Fill a place with faces; each is shown as soon as it is drawn.
 *
 * @param {string} id Of the place; that of the template for each face ends in `-cell`.
 * @param {Face[]} faces
 * @param {(cell: any, face: Face) => void} finish Makes a face do something.
 * @returns {Promise<boolean[]>} Whether they were drawn.
 */
function fill(id, faces, finish) {
  const cells = faces.map((face) => {
    const cell = $(`${id}-cell`).content.firstElementChild.cloneNode(true);
    finish(cell, face);
    return cell;
  });
  $(id).replaceChildren(...cells);
  return Promise.all(cells.map((cell, k) => paint(cell.lastElementChild, { face: faces[k] })));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Drawing} drawing
 * @returns {Promise<boolean>} Whether it was drawn, and not given up for newer ones.
 */
async function paint(canvas, drawing) {
  canvas.setAttribute("aria-label", `Face ${drawing.face.j}: ${drawing.face.text}`);
  const name = JSON.stringify(drawing);
  const request = { kind: "draw", ...drawing };
  const pixels = images.get(name) ?? (await pool.ask(request).catch(() => null));
  if (!pixels) return false;
  if (images.size > IMAGES) images.clear();
  images.set(name, pixels);
  canvas.width = canvas.height = model.size;
  canvas.getContext("2d", { alpha: false })?.putImageData(new ImageData(pixels, model.size), 0, 0);
  return true;
}

/** Show the open face with what can be done with it, or close it. */
async function showFace() {
  if (!state.face) return $("dialog").close();
  const face = faceOf(state.face);
  $("face-title").textContent = `Face ${face.j}`;
  if (!$("dialog").open) $("dialog").showModal();
  $("targets").replaceChildren();
  walk(0);
  nameKeep();
  const understood = await explain(face.text, $("words-form"));
  if (!understood || !state.face || !same(face, faceOf(state.face))) return;
  const targets = [...allFaces(), ...kept].filter((each) => !same(each, face));
  fill("targets", targets, (cell, to) => (cell.firstElementChild.value = JSON.stringify(to)));
}

/** @returns {Drawing} The open face, perhaps on its way to another. */
function openDrawing() {
  const share = Number($("share").value);
  const to = share && JSON.parse($("targets").querySelector(":checked").value);
  return { face: faceOf(state.face), ...(share && { to, share }) };
}

/** @param {number} value How far the open face is on its way to another, if one is chosen. */
function walk(value) {
  Object.assign($("share"), { value, disabled: !$("targets").querySelector(":checked") });
  showPercent("share");
  for (const id of ["keep", "link"]) $(id).disabled = value > 0;
  $("told").textContent = value > 0 ? "On the way, a face can only be downloaded." : "";
  drawOpenFace();
}

const isLarge = () => $("enlarge").ariaPressed === "true";

/** @param {boolean} large */
function enlarge(large) {
  $("enlarge").ariaPressed = String(large);
  $("enlarge").title = large ? "Make smaller" : "Enlarge";
}

let asked = 0; // drawings of the open face, since the one under way began

/** Draw the open face: the newest only, if steps of its walk come fast. */
async function drawOpenFace() {
  if (asked++) return;
  do {
    asked = 1;
    await paint($("canvas"), openDrawing());
  } while (asked > 1 && state.face);
  asked = 0;
}

/** @param {Face} a @param {Face} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** @returns {Face[]} */
function readKept() {
  try {
    const faces = JSON.parse(localStorage.getItem(KEPT_NAME) ?? "");
    return faces.filter((/** @type {Face} */ { text }) => text);
  } catch {
    return []; // without storage, or with what another page left there
  }
}

function nameKeep() {
  const isKept = kept.some((face) => same(face, faceOf(state.face)));
  $("keep").textContent = isKept ? "Forget" : "Keep";
}

function showKept() {
  fill("kept", kept, (cell, { text, seed, j, truncation }) => {
    cell.href = address({ ...state, text, own: {}, seed, variety: truncation, face: j });
  });
}

function toggleKept() {
  const face = faceOf(state.face);
  const others = kept.filter((each) => !same(each, face));
  const isNew = others.length === kept.length;
  kept = isNew ? [face, ...kept].slice(0, KEPT_FACES) : others;
  $("told").textContent = isNew ? "Kept, below the faces." : "";
  try {
    localStorage.setItem(KEPT_NAME, JSON.stringify(kept));
  } catch {
    $("told").textContent = "This browser keeps it only until the page is closed.";
  }
  nameKeep();
  showKept();
}

async function download() {
  const { face, ...way } = openDrawing();
  await paint($("canvas"), { face, ...way });
  /** @type {Blob} */
  const png = await new Promise((resolve) => $("canvas").toBlob(resolve));
  const text = clean(face.text, model.encoder.tables);
  const texts = way.to ? { description: "{text} → {to}" } : model.texts;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(addTexts(png, texts, { ...face, text, to: way.to?.text }));
  const kind = way.to ? "_walk" : face.j in state.own ? "_edited" : "";
  link.download = `face_${face.seed}_${face.j}${kind}.png`;
  link.click();
  $("told").textContent = `Downloaded ${link.download}`;
  setTimeout(() => URL.revokeObjectURL(link.href), 1e4);
}

async function copyLink() {
  const copied = navigator.clipboard?.writeText(location.href).then(() => "The link is copied.");
  const otherwise = "Copy the address of this page: it is the link.";
  $("told").textContent = (await copied?.catch(() => "")) || otherwise;
}

/** @param {string} text Of the open face alone. */
const changeWords = (text) =>
  accepts(text, $("words-form")) && go({ own: { ...state.own, [state.face]: text } });

for (const id of ["form", "words-form"]) on(id, "submit", (event) => event.preventDefault());
for (const id of ["text", "words"]) on(id, "input", clearReading);
on("form", "submit", () => submit());
for (const id of ["count", "seed", "variety"]) on(id, "change", () => submit());
on("variety", "input", () => showPercent("variety"));
on("skip", "click", () => $("faces").firstElementChild?.focus());
on("dice", "click", () => submit({ seed: anySeed() }));
on("examples", "click", ({ target }) => target.value && submit({ text: target.value }));
on("words-form", "submit", () => changeWords($("words").value));
on("keep", "click", toggleKept);
on("download", "click", download);
on("link", "click", copyLink);
on("dialog", "cancel", (event) => {
  if (isLarge()) event.preventDefault(); // the Escape key takes one step at a time
  enlarge(false);
});
on("dialog", "close", () => {
  enlarge(false);
  if (state.face) go({ face: 0 });
});
on("enlarge", "click", () => enlarge(!isLarge()));
on("targets", "change", () => walk(0.5));
on("share", "input", ({ target }) => walk(Number(target.value)));
addEventListener("storage", () => {
  kept = readKept(); // another tab keeps faces as well
  showKept();
});
addEventListener("popstate", () => show(readState(new URLSearchParams(location.hash.slice(1)))));
useMenus($("form"), (text) => submit({ text }));
useMenus($("words-form"), changeWords);
$("more").open = matchMedia("(min-width: 40rem)").matches; // on a phone, the faces come first
show(state);
