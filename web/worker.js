/**
 * Runs in a Web Worker: reads texts and draws faces, one request at a time.
 *
 * @typedef {{text: string, seed: number, j: number, truncation: number}} Face How one is made: the
 *   j-th of a description, as `--generate --text TEXT --seed SEED` numbers it.
 * @typedef {{face: Face, to?: Face, share?: number}} Drawing Perhaps on the way to another face.
 */

import { Encoder } from "./encoder.js";
import { runNetwork } from "./network.js";
import { Random } from "./random.js";
import { clean, HAS_WORD } from "./text.js";

/** A model: its encoder and its generator. */
export class Model {
  /**
   * @param {any} about From `exports/html.py`.
   * @param {ArrayBuffer} buffer Every array, one behind the other.
   */
  constructor(about, buffer) {
    this.about = about;
    /** @type {import("./network.js").Arrays} */
    this.arrays = {};
    const values = Float32Array.from({ length: 2 ** 16 }, (_, bits) => halfPrecision(bits));
    for (const { name, size, half, offset } of about.arrays) {
      this.arrays[name] = half
        ? Float32Array.from(new Uint16Array(buffer, offset, size), (bits) => values[bits])
        : new Float32Array(buffer, offset, size);
    }
    this.encoder = new Encoder(about.encoder, this.arrays);
  }

  /** @param {{text: string}} request @returns {{parts: string[], facts: string[]}} */
  read({ text: given }) {
    const text = clean(given, this.encoder.about.tables);
    const stated = [...this.encoder.facts(text)].filter(([, isStated]) => isStated);
    return { parts: this.encoder.explain(text), facts: stated.map(([name]) => name) };
  }

  /**
   * @param {{text: string, attribute: string, value: string}} request
   * @returns {string} A text that says this value, empty for none, of this attribute.
   */
  vary({ text, attribute, value }) {
    const facts = HAS_WORD.test(text) ? this.encoder.facts(clean(text, this.encoder.about.tables)) : [];
    return this.encoder.vary(new Map(facts), attribute, value) || "a face"; // says nothing
  }

  /** @param {Drawing} drawing @returns {Uint8ClampedArray} RGBA, row by row. */
  draw({ face, to, share = 0 }) {
    let { noise, text } = this.inputs(face);
    if (to && share) {
      const end = this.inputs(to);
      noise = arc(noise, end.noise, share);
      text = text.map((value, i) => value + share * (end.text[i] - value));
    }
    const image = runNetwork(this.about.operations, { ...this.arrays, noise, text });
    const pixels = new Uint8ClampedArray((image.length / 3) * 4).fill(255);
    image.forEach((value, i) => {
      pixels[Math.floor(i / 3) * 4 + (i % 3)] = (value + 1) * 127.5; // rounded, half to even
    });
    return pixels;
  }

  /** @param {Face} face What the generator takes. */
  inputs({ text, seed, j, truncation }) {
    const random = new Random([seed, 1, j], this.arrays);
    const one = () => (this.about.uniform ? 2 * random.uniform() - 1 : random.normal());
    const noise = Float32Array.from({ length: this.about.noise }, one);
    const drawn = this.encoder.toDraw(clean(text, this.encoder.about.tables), () => random.uniform());
    const factor = Math.fround(truncation);
    return { noise: noise.map((value) => value * factor), text: this.encoder.encode(drawn) };
  }
}

/** @param {number} bits @returns {number} */
function halfPrecision(bits) {
  const [sign, exponent, part] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent ? (1024 + part) * 2 ** (exponent - 25) : part * 2 ** -24);
}

/**
 * Walk along the arc between two vectors, as `--interpolate` does.
 *
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @param {number} share From 0, which is a, to 1.
 */
function arc(a, b, share) {
  const dot = a.reduce((sum, value, i) => sum + value * b[i], 0);
  const cosine = dot / (Math.hypot(...a) * Math.hypot(...b) || 1);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  if (Math.sin(angle) < 1e-4) return a.map((value, i) => value + share * (b[i] - value));
  const [from, to] = [Math.sin((1 - share) * angle), Math.sin(share * angle)];
  return a.map((value, i) => (from * value + to * b[i]) / Math.sin(angle));
}

/** @type {any} */
let model;
addEventListener("message", ({ data: { kind, ...request } }) => {
  try {
    if (kind === "start") model = new Model(request.about, request.buffer);
    postMessage({ answer: kind === "start" ? null : model[kind](request) });
  } catch (error) {
    postMessage({ problem: error instanceof Error ? error.message : String(error) });
  }
});
