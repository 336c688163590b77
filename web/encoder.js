/**
 * Sentence vectors and what they say: `skipthoughts_encoder.py`, `text/probe.py` and the like.
 *
 * @typedef {import("./network.js").Tensor} Tensor
 * @typedef {import("./text.js").Facts} Facts
 *
 * @typedef {object} About What the page says of an encoder and its model: `exports/page_text.py`.
 * @property {string[]} words Row by row of the tables of word vectors.
 * @property {string[]} facts What it was taught to hear; none for the first kind.
 * @property {"facts" | "colours"} probe What is read off its vectors.
 * @property {Record<string, number>} shown Fact -> images that the model was shown with it.
 * @property {number} least Images with a fact that a model needs to learn it.
 * @property {import("./text.js").Tables} tables
 */

import { dense, get } from "./network.js";
import { addTags, Reader } from "./text.js";

/** A sentence encoder with its probe, and what its model was shown. */
export class Encoder {
  /**
   * @param {About} about
   * @param {Map<string, Tensor>} arrays
   */
  constructor(about, arrays) {
    this.about = about;
    this.arrays = arrays;
    this.tables = about.tables;
    this.rows = new Map(about.words.map((word, row) => [word, row]));
    this.reader = new Reader(about.tables, this.rows, about.facts);
    this.attributes = this.reader.attributes;
  }

  /** @param {string} text @returns {Float32Array} Its sentence vector. */
  encode(text) {
    const unknown = get(this.rows, "UNK");
    const rows = this.reader.read(text).words.map((word) => this.rows.get(word) ?? unknown);
    const uni = this.lastState("uni", "utable", rows);
    const forward = this.lastState("forward", "btable", rows);
    const backward = this.lastState("backward", "btable", rows.reverse());
    return Float32Array.from([...normalized([...uni]), ...normalized([...forward, ...backward])]);
  }

  /**
   * Run a gated recurrent unit; its gates are in the order reset, update, candidate.
   *
   * @param {string} name
   * @param {string} table
   * @param {number[]} rows
   */
  lastState(name, table, rows) {
    const [W, b, U] = ["W", "b", "U"].map((part) => get(this.arrays, `${name}.${part}`));
    const { data, shape } = get(this.arrays, table);
    const size = U.shape[0];
    const state = new Float32Array(size);
    for (const row of rows) {
      const word = dense(data.subarray(row * shape[1], (row + 1) * shape[1]), W, b);
      const last = dense(state, U);
      for (let i = 0; i < size; i++) {
        const reset = sigmoid(word[i] + last[i]);
        const update = sigmoid(word[size + i] + last[size + i]);
        const candidate = Math.tanh(word[2 * size + i] + reset * last[2 * size + i]);
        state[i] = update * state[i] + (1 - update) * candidate;
      }
    }
    return state;
  }

  /** @param {string} text @returns {Facts} What its vector says, as `FactProbe.read` tells. */
  facts(text) {
    const [weights, bias] = ["weights", "bias"].map((n) => get(this.arrays, `probe.${n}`));
    const scores = dense(this.encode(text), weights, bias);
    const { probe, facts } = this.about;
    return probe === "facts" ? this.likelyFacts(scores, facts) : this.likelyColours(scores);
  }

  /** @param {Float32Array} scores @param {string[]} names @returns {Facts} */
  likelyFacts(scores, names) {
    const denied = scores.subarray(names.length);
    /** @type {Map<string, number>} attribute -> its most likely value */
    const best = new Map();
    names.forEach((name, i) => {
      const attribute = this.attributes.get(name) ?? name;
      const before = best.get(attribute);
      const stated = scores[i] > 0 && scores[i] >= denied[i];
      if (stated && (before === undefined || scores[i] > scores[before])) best.set(attribute, i);
    });
    /** @type {Facts} */
    const facts = new Map();
    names.forEach((name, i) => {
      if (best.get(this.attributes.get(name) ?? name) === i) facts.set(name, true);
      else if (denied[i] > 0 && denied[i] > scores[i]) facts.set(name, false);
    });
    return facts;
  }

  /** @param {Float32Array} scores @returns {Facts} Colours: all that the first encoders hear. */
  likelyColours(scores) {
    /** @type {Facts} */
    const facts = new Map();
    let start = 0;
    for (const names of Object.values(this.tables.colours)) {
      const part = scores.subarray(start, start + names.length + 1); // the last one: no colour
      const best = part.indexOf(Math.max(...part));
      if (best < names.length) facts.set(names[best], true);
      start += part.length;
    }
    return facts;
  }

  /** @param {string} name @returns {boolean} Whether the model learnt to draw it. */
  isLearnt(name) {
    const { shown, least } = this.about;
    return !Object.keys(shown).length || (shown[name] ?? 0) >= least;
  }

  /**
   * Add the colours that a text leaves open, as often as the model was shown them.
   *
   * @param {string} text
   * @param {() => number} random
   */
  complete(text, random) {
    const { shown } = this.about;
    if (!Object.keys(shown).length) return text;
    const facts = this.facts(text);
    const tags = [];
    for (const names of Object.values(this.tables.colours)) {
      const number = random();
      const counts = names.map((name) => (facts.get(name) === false ? 0 : (shown[name] ?? 0)));
      let total = 0;
      const totals = counts.map((count) => (total += count));
      if (total && !names.some((name) => facts.get(name))) {
        tags.push(names[totals.findIndex((sum) => sum > number * total)]);
      }
    }
    return facts.size || !tags.length ? addTags(text, tags) : tags.join(", ");
  }

  /**
   * Explain how a text is understood: what `text/explanations.py` prints, in parts.
   *
   * @param {string} text
   * @returns {string[]}
   */
  explain(text) {
    const reading = this.reader.read(text);
    const facts = this.facts(text);
    const colours = this.colours(facts);
    const idle = [...facts.keys()].filter((name) => !this.isLearnt(name));
    const others = [...facts.keys()].filter(
      (name) => !((this.attributes.get(name) ?? "") in this.tables.colours) && !idle.includes(name),
    );
    const drawn = Object.entries(this.tables.colours).map(([slot, names]) => {
      const denied = names.filter((name) => facts.get(name) === false).map(colourOf);
      const open = denied.length ? `any but ${denied.join(" and ")}` : "any";
      return `${slot}: ${colours[slot] ?? open}`;
    });
    const parts = [[...drawn, ...others.filter((name) => facts.get(name))].join(", ")];
    const denied = others.filter((name) => !facts.get(name));
    if (denied.length) parts.push(`not: ${denied.join(", ")}`);
    if (idle.length) {
      const named = idle.map((name) => this.idleName(name, facts.get(name) === true, colours));
      parts.push(`no effect in this model: ${named.join(", ")}`);
    }
    for (const [typo, word] of reading.mended) parts.push(`${typo} read as ${word}`);
    parts.push(...this.nearestNotes(reading.words, colours));
    if (this.about.probe === "colours" && !facts.size) {
      parts.push("name a hair colour and an eye colour");
    }
    if (reading.unknown.length) parts.push(`not understood: ${reading.unknown.join(", ")}`);
    return parts;
  }

  /** @param {Facts} facts @returns {Record<string, string | undefined>} Slot -> colour stated. */
  colours(facts) {
    const slots = Object.entries(this.tables.colours).map(([slot, names]) => {
      const stated = names.find((name) => facts.get(name));
      return [slot, stated && colourOf(stated)];
    });
    return Object.fromEntries(slots);
  }

  /**
   * @param {string} name
   * @param {boolean} stated
   * @param {Record<string, string | undefined>} colours
   */
  idleName(name, stated, colours) {
    const colour = stated && colours[this.tables.two_colours[name] ?? ""];
    const told = stated ? name : `no ${name}`;
    return colour ? `${told} (${colour} is drawn)` : told;
  }

  /**
   * Name the colours that a text asks for and the faces lack, and what is drawn instead.
   *
   * @param {string[]} words
   * @param {Record<string, string | undefined>} colours
   */
  nearestNotes(words, colours) {
    const notes = [];
    for (const [slot, nearest] of Object.entries(this.tables.nearest)) {
      const colour = colours[slot];
      const lacking = words.find((word) => {
        if (!colour || !Object.hasOwn(nearest, word) || nearest[word] !== colour) return false;
        const other = words.map((each) => (each === word ? "green" : each)).join(" ");
        return this.colours(this.facts(other))[slot] === "green"; // the word decides
      });
      if (lacking) notes.push(`the faces have no ${lacking} ${slot}, the nearest is ${colour}`);
    }
    return notes;
  }
}

/** @param {number} x */
const sigmoid = (x) => 0.5 * (1 + Math.tanh(0.5 * x));

/** @param {string} fact Such as `blue hair`. */
const colourOf = (fact) => fact.slice(0, fact.lastIndexOf(" "));

/** @param {number[]} values @returns {number[]} Of length 1, unless all are 0. */
function normalized(values) {
  const length = Math.hypot(...values) || 1;
  return values.map((value) => value / length);
}
