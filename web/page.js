/**
 * The page: what a visitor sees and does. `worker.js` reads and draws; the address holds the state.
 *
 * @typedef {import("./worker.js").Face} Face
 * @typedef {{text: string, seed: number, count: number, truncation: number, open: number}} State
 *   `open` is the number of the face that is shown alone, or 0.
 */

import { encodePng, metadata } from "./png.js";
import { Pool, loadModel } from "./pool.js";
import { changeText, makeMenus, markMenus } from "./menus.js";

const EXAMPLES = ["blue hair red eyes", "blonde, green eyes", "silver hair and violet eyes"];
EXAMPLES.push("a redhead with brown eyes", "pink hair");
const KEPT_NAME = "anime-faces: kept"; // in the browser's storage
const KEPT_FACES = 60;
const SEEDS = 2 ** 32;

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);
const model = loadModel($("model").textContent);
const pool = new Pool($("worker").textContent, model, $("weights").textContent, ({ message }) => {
  $("reading").textContent = `This browser cannot draw: ${message}`;
});
const tables = model.encoder.tables;
/** @type {State} */
let state = readAddress();
/** @type {string} The faces that the grid shows. */
let drawn = "";
/** @type {{to: Face, share: number} | null} Where the open face is on its way to another. */
let walk = null;
/** @type {Face[]} */
let kept = readKept();

/** @returns {State} */
function readAddress() {
  const values = new URLSearchParams(location.hash.slice(1));
  /** @type {(name: string, range: [number, number], otherwise: number) => number} */
  const number = (name, [low, high], otherwise) => {
    const value = Number(values.get(name) || NaN);
    return value >= low && value <= high ? value : otherwise;
  };
  return {
    text: values.get("text") ?? EXAMPLES[0],
    seed: Math.floor(number("seed", [0, SEEDS - 1], randomSeed())),
    count: Math.floor(number("count", [1, 100], 8)),
    truncation: number("variety", [0, 1], model.truncation),
    open: Math.floor(number("face", [1, 1e9], 0)),
  };
}

/** @param {State} state @returns {string} */
function address({ text, seed, count, truncation, open }) {
  const values = { text, seed, count, variety: truncation, ...(open && { face: open }) };
  return `#${new URLSearchParams(Object.entries(values).map(([k, v]) => [k, String(v)]))}`;
}

function randomSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

/** @param {Partial<State>} changes Change the state, so that the back button undoes it. */
function go(changes) {
  const next = { ...state, ...changes };
  if (address(next) !== location.hash) history.pushState(null, "", address(next));
  show(next);
}

/** @param {State} next */
function show(next) {
  state = next;
  $("text").value = state.text;
  $("seed").value = state.seed;
  $("variety").value = state.truncation;
  showVariety(state.truncation);
  if (![...$("count").options].some((option) => Number(option.value) === state.count)) {
    $("count").add(new Option(String(state.count)));
  }
  $("count").value = state.count;
  const grid = address({ ...state, open: 0 });
  const changed = grid !== drawn;
  drawn = grid;
  if (changed) pool.clear();
  showFace(); // first: the others are behind it
  if (changed) drawFaces();
}

/** @param {number} share */
const showVariety = (share) => ($("variety-value").textContent = `${Math.round(100 * share)} %`);

/** @param {number} j @returns {Face} */
const faceOf = (j) => ({ text: state.text, seed: state.seed, j, truncation: state.truncation });

async function drawFaces() {
  const wanted = drawn;
  const faces = Array.from({ length: state.count }, (_, k) => faceOf(k + 1));
  $("faces").replaceChildren();
  $("progress").textContent = "";
  const understood = await explain(state.text, $("reading"), $("menus"));
  if (!understood || wanted !== drawn) return;
  const cells = faces.map((face) => faceButton(face, () => go({ open: face.j })));
  $("faces").replaceChildren(...cells.map(({ button }) => button));
  const results = await Promise.all(cells.map(({ done }) => done));
  if (!results.every(Boolean)) return;
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
  try {
    const { parts, facts } = await pool.ask({ kind: "read", text });
    const strong = document.createElement("strong");
    strong.textContent = parts[0];
    place.replaceChildren(strong, ["", ...parts.slice(1)].join("; "));
    place.classList.remove("problem");
    markMenus(menus, facts);
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    place.textContent = `This cannot be drawn: ${why}. Describe a face, as in: ${EXAMPLES[0]}`;
    place.classList.add("problem");
    return false;
  }
}

/**
 * Make a button that shows a face as soon as it is drawn.
 *
 * @param {Face} face
 * @param {() => void} act
 */
function faceButton(face, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "face";
  button.setAttribute("aria-label", `Face ${face.j}: ${face.text}`);
  button.addEventListener("click", act);
  const canvas = button.appendChild(document.createElement("canvas"));
  return { button, done: paint(canvas, { face }) };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./worker.js").Drawing} drawing
 * @returns {Promise<boolean>} Whether it was drawn, and not given up for newer ones.
 */
async function paint(canvas, drawing) {
  const pixels = await pool.ask({ kind: "draw", ...drawing }).catch(() => null);
  if (!pixels) return false;
  canvas.width = canvas.height = model.size;
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, model.size), 0, 0);
  return true;
}

async function showFace() {
  const dialog = $("dialog");
  walk = null;
  if (!state.open) return void (dialog.open && dialog.close());
  const face = faceOf(state.open);
  $("face-title").textContent = `Face ${face.j}`;
  $("told").textContent = "";
  $("words").value = face.text;
  if (!dialog.open) dialog.showModal();
  drawOpenFace();
  nameKeep();
  Object.assign($("share"), { value: 0, disabled: true });
  $("targets").replaceChildren();
  $("walk").hidden = true;
  const understood = await explain(face.text, $("words-reading"), $("words-menus"));
  if (!understood || !state.open || !same(face, faceOf(state.open))) return;
  const others = Array.from({ length: state.count }, (_, k) => faceOf(k + 1));
  const targets = [...others, ...kept].filter((each) => !same(each, face));
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
  $("enlarge").setAttribute("aria-label", `Enlarge face ${state.open}: ${state.text}`);
  await paint($("canvas"), { face: faceOf(state.open), ...walk });
  drawing = false;
  if (again && state.open) drawOpenFace();
}

/** @param {Face} a @param {Face} b */
const same = (a, b) =>
  a.text === b.text && a.seed === b.seed && a.j === b.j && a.truncation === b.truncation;

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
    const { text, seed, j, truncation } = face;
    return faceButton(face, () => go({ text, seed, truncation, open: j })).button;
  });
  $("kept").replaceChildren(...buttons);
}

function toggleKept() {
  const face = faceOf(state.open);
  const others = kept.filter((each) => !same(each, face));
  kept = others.length < kept.length ? others : [face, ...kept].slice(0, KEPT_FACES);
  try {
    localStorage.setItem(KEPT_NAME, JSON.stringify(kept));
    $("told").textContent = others.length < kept.length ? "Kept, below the faces." : "";
  } catch {
    $("told").textContent = "This browser keeps it only until the page is closed.";
  }
  showKept();
}

async function download() {
  const { text } = await pool.ask({ kind: "read", text: state.text });
  const face = { ...faceOf(state.open), text };
  const pixels = await pool.ask({ kind: "draw", face, ...walk });
  const texts = walk ? { description: `${face.text} → ${walk.to.text}` } : metadata(face, model);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await encodePng(pixels, model.size, texts));
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

/** @param {string} id @param {string} event @param {(event: Event) => void} act */
const on = (id, event, act) => $(id).addEventListener(event, act);
on("form", "submit", (event) => {
  event.preventDefault();
  const seed = Math.min(Number($("seed").value) || 0, SEEDS - 1);
  go({ text: $("text").value, seed, open: 0 });
});
on("count", "change", () => go({ text: $("text").value, count: Number($("count").value) }));
on("variety", "change", () =>
  go({ text: $("text").value, truncation: Number($("variety").value) }),
);
on("variety", "input", () => showVariety($("variety").value));
on("seed", "change", () => $("form").requestSubmit());
on("dice", "click", () => go({ text: $("text").value, seed: randomSeed() }));
on("words-form", "submit", (event) => {
  event.preventDefault();
  go({ text: $("words").value });
});
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
for (const example of EXAMPLES) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: example });
  button.addEventListener("click", () => go({ text: example }));
  $("examples").append(button);
}
for (const [menus, input] of [["menus", "text"], ["words-menus", "words"]]) {
  makeMenus($(menus), model.encoder, (attribute, value) =>
    go({ text: changeText($(input).value, tables, attribute, value) }),
  );
}
$("more").open = matchMedia("(min-width: 40rem)").matches; // on a phone, the faces come first
$("about").textContent = `${model.file} · ${model.version}`;
history.replaceState(null, "", address(state));
showKept();
show(state);
