/**
 * Sentence vectors and what they say: `skipthoughts_encoder.py`, `text/fact_probe.py` and the like.
 *
 * @typedef {import("./text.js").Facts} Facts
 *
 * @typedef {object} About What the page says of an encoder and its model: `exports/page_text.py`.
 * @property {string[]} words Row by row of the tables of word vectors.
 * @property {string[]} taught What it was taught to hear; none for the first kind.
 * @property {string[]} facts What is read off its vectors.
 * @property {string[]} attributes Of which they are values.
 * @property {Record<string, string>} borne_out Colour -> pattern of the words that bear it out.
 * @property {[string, boolean][]} idle Those that change nothing: if stated, if denied.
 * @property {string[]} others Those that it learnt, but for colours.
 * @property {Record<string, string[]>} instead Fact -> what is drawn instead, if it is not learnt.
 * @property {Record<string, [string, string]>} colour_of Fact -> its slot and its colour.
 * @property {[string[], [string, number][]][]} lots Of each attribute that is drawn by lot: its
 *   values, and the images with each of them, or with none.
 * @property {import("./text.js").Tables} tables
 * @property {Record<string, Record<string, string>>} nearest Slot -> colour asked for -> drawn.
 * @property {Record<string, string>} two_colours Value -> slot.
 * @property {string[]} hints To who names no fact.
 */

import { dense } from "./network.js";
import { asTag, HAS_WORD, lookUp, Reader, split } from "./text.js";

/** A sentence encoder with its probe, and what its model was shown. */
export class Encoder {
  /**
   * @param {About} about
   * @param {import("./network.js").Arrays} arrays
   */
  constructor(about, arrays) {
    this.about = about;
    this.arrays = arrays;
    this.rows = new Map(about.words.map((word, row) => [word, row]));
    this.reader = new Reader(about.tables, this.rows, about.taught);
    /** @type {Map<string, Float32Array>} of the texts met last */
    this.vectors = new Map();
  }

  /** @param {string} text @returns {Float32Array} Its sentence vector. */
  encode(text) {
    const known = this.vectors.get(text);
    if (known) return known;
    const unknown = this.rows.get("UNK") ?? 0;
    const rows = this.reader.read(text).words.map((word) => this.rows.get(word) ?? unknown);
    const uni = this.lastState("uni", "utable", rows);
    const forward = this.lastState("forward", "btable", rows);
    const backward = this.lastState("backward", "btable", rows.reverse());
    const vector = Float32Array.of(...normalized(uni), ...normalized([...forward, ...backward]));
    if (this.vectors.size > 200) this.vectors.clear();
    this.vectors.set(text, vector);
    return vector;
  }

  /**
   * Run a gated recurrent unit; its gates are in the order reset, update, candidate.
   *
   * @param {string} name
   * @param {string} table
   * @param {number[]} rows
   */
  lastState(name, table, rows) {
    const [W, b, U] = ["W", "b", "U"].map((part) => this.arrays[`${name}.${part}`]);
    const [size, width] = [b.length / 3, W.length / b.length];
    const state = new Float32Array(size);
    for (const row of rows) {
      const word = dense(this.arrays[table].subarray(row * width, (row + 1) * width), W, b);
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

  /** @param {string} text @returns {Facts} What it says, as `read_facts` tells. */
  facts(text) {
    const { facts: names, attributes, borne_out, instead, tables, taught } = this.about;
    const words = this.reader.read(text).words.join(" ").replaceAll(tables.denials.mark, "");
    const said = this.reader.readTags(taught.length ? words : "");
    const parts = said.others.map((tag) => (/ (hair|eyes) /.test(tag) ? tag : `${tag}hair eyes `));
    const scores = dense(this.encode(text), this.arrays.probe, this.arrays.probe_bias);
    const [stated, denied] = [scores.subarray(0, names.length), scores.subarray(names.length)];
    const likely = stated.map((score, i) => (score >= denied[i] ? score : 0));
    /** @type {Facts} */
    const facts = new Map();
    names.forEach((name, i) => {
      const isMost = likely.every((x, k) => x <= likely[i] || attributes[k] !== attributes[i]);
      const isStated = likely[i] > 0 && isMost;
      const isHeard = isStated ? !said.stated.has(attributes[i]) : denied[i] > Math.max(0, stated[i]);
      const bears = (/** @type {string} */ text) => new RegExp(borne_out[name] ?? "").test(text);
      const isBorneOut = () => bears(` ${words} `) && (!borne_out[name] || parts.some(bears));
      const told = said.facts.get(name) ?? (isHeard && isBorneOut() ? isStated : null);
      if (told !== null) [name, ...instead[name]].forEach((each) => facts.set(each, told));
    });
    return facts;
  }

  /**
   * Say in tags what is to be drawn of a text, as `to_draw` of text/shown.py does.
   *
   * @param {string} text
   * @param {() => number} random
   */
  toDraw(text, random) {
    const { colour_of, lots, others } = this.about;
    if (!lots.length) return text;
    const [colours, facts] = [Object.keys(colour_of), this.facts(text)];
    const named = colours.filter((name) => facts.get(name));
    const tags = others.filter((name) => facts.has(name)).map((name) => asTag(name, facts));
    const isSilent = !others.some((name) => facts.has(name));
    for (const [values, lot] of lots) {
      const open = lot.filter(([name]) => !facts.has(name));
      let image = random() * open.reduce((sum, [, count]) => sum + count, 0); // one of all
      const [name] = open.find(([, count]) => (image -= count) < 0) ?? [];
      const isOpen = isSilent || values[0] in colour_of || lot.some(([k]) => facts.has(k));
      if (!name || !isOpen || values.some((k) => facts.get(k))) continue;
      (name in colour_of ? named : tags).push(name);
    }
    const last = colours.filter((name) => named.includes(name)).join(" ");
    return [...tags, last].filter(Boolean).join(", ") || text;
  }

  /**
   * Return tags that say another value of an attribute, and else the facts of a text.
   *
   * @param {Facts} facts
   * @param {string} attribute
   * @param {string} value Empty for none.
   */
  vary(facts, attribute, value) {
    const { attributes, facts: names, two_colours } = this.about;
    const isOther = names.map((name, i) => ![attributes[i], two_colours[name]].includes(attribute));
    const said = names.filter((name, i) => name === value || (isOther[i] && facts.has(name)));
    return said.map((name) => asTag(name, new Map([...facts, [value, true]]))).join(", ");
  }

  /**
   * Explain how a text is understood: what `text/explanations.py` prints, in parts.
   *
   * @param {string} text
   * @returns {string[]}
   */
  explain(text) {
    const { words, mended, unknown } = this.reader.read(text);
    const { colour_of, hints, idle, others, tables, two_colours } = this.about;
    const facts = this.facts(text);
    const drawn = this.colours(facts);
    const colours = Object.entries(tables.colours).map(([slot, names]) => {
      const denied = names.flatMap((name) => (facts.get(name) === false ? colour_of[name][1] : []));
      return `${slot}: ${drawn[slot] ?? ["any", ...denied].join(" and ").replace(" and", " but")}`;
    });
    const notDrawn = idle.filter(([name, told]) => facts.get(name) === told).map(([name]) => {
      const colour = facts.get(name) && drawn[two_colours[name]];
      return `${asTag(name, facts)}${colour ? ` (${colour} is drawn)` : ""}`;
    });
    const listed = [...new Set([...notDrawn, ...this.lostTags(text, facts)])];
    const more = listed.length - tables.most_listed;
    if (more > 0) listed.splice(-more, more, `${more} more`);
    const known = words.filter((word) => HAS_WORD.test(word) && !unknown.includes(word));
    /** @type {(title: string, items: string[]) => string[]} */
    const list = (title, items) => (items.length ? [`${title}: ${items.join(", ")}`] : []);
    return [
      [...colours, ...others.filter((name) => facts.get(name))].join(", "),
      ...list("not", others.filter((name) => facts.get(name) === false)),
      ...list("no effect in this model", listed),
      ...Array.from(mended, ([typo, word]) => `${typo} read as ${word}`),
      ...this.nearestNotes(words, drawn),
      ...(facts.size ? [] : hints),
      ...list("not understood", unknown),
      ...(unknown.length && !known.length ? ["the model reads English, no names"] : []),
    ];
  }

  /** @param {string} text @param {Facts} facts @returns {string[]} Tags that `facts` lack. */
  lostTags(text, facts) {
    const { colour_of, tables, taught } = this.about;
    const tags = this.reader.stripWeights(text).split(/[,;]/).map((tag) => split(tag).join(" "));
    return tags.filter((tag) => {
      const isTag = HAS_WORD.test(tag) && new RegExp(tables.tag, "i").test(tag);
      if (!taught.length || !isTag || this.reader.read(tag).unknown.length) return false;
      const found = [...this.facts(tag).keys()];
      return !found.length || found.some((name) => !(name in colour_of) && !facts.has(name));
    });
  }

  /** @param {Facts} facts @returns {Record<string, string>} Slot -> the colour that is stated. */
  colours(facts) {
    const stated = Object.entries(this.about.colour_of).filter(([name]) => facts.get(name));
    return Object.fromEntries(stated.map(([, colour]) => colour));
  }

  /**
   * Name the colours that a text asks for and the faces lack, and what is drawn instead.
   *
   * @param {string[]} words
   * @param {Record<string, string>} drawn
   */
  nearestNotes(words, drawn) {
    return Object.entries(this.about.nearest).flatMap(([slot, nearest]) => {
      const lacking = words.find((word) => {
        if (!drawn[slot] || lookUp(nearest, word) !== drawn[slot]) return false;
        const other = words.map((each) => (each === word ? "green" : each)).join(" ");
        return this.colours(this.facts(other))[slot] === "green"; // the word decides
      });
      return lacking ? [`the faces have no ${lacking} ${slot}, the nearest is ${drawn[slot]}`] : [];
    });
  }
}

/** @param {number} x */
const sigmoid = (x) => 0.5 * (1 + Math.tanh(0.5 * x));

/** @param {Iterable<number>} values @returns {number[]} Of length 1, unless all are 0. */
function normalized(values) {
  const length = Math.hypot(...values) || 1;
  return Array.from(values, (value) => value / length);
}
