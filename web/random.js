/**
 * NumPy's generator of random numbers, `numpy.random.default_rng`, so that a seed gives the same
 * face here and in Python: SeedSequence, PCG64 (O'Neill 2014, "PCG: A Family of Simple Fast
 * Space-Efficient Statistically Good Algorithms for Random Number Generation") and normal numbers
 * by the ziggurat method (Marsaglia & Tsang 2000, "The Ziggurat Method for Generating Random
 * Variables").
 */

const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

/** PCG64 with an XSL-RR output, seeded as NumPy does. */
export class Random {
  /** @param {number[]} seed Integers from 0 to 2**32 - 1. */
  constructor(seed) {
    const words = stateWords(entropyPool(seed));
    const [state, sequence] = [words.slice(0, 4), words.slice(4)].map(([b, a, d, c]) =>
      [a, b, c, d].reduce((number, word) => (number << 32n) | BigInt(word), 0n),
    );
    this.increment = ((sequence << 1n) | 1n) & MASK_128;
    this.state = this.increment; // a step from 0
    this.state = (this.state + state) & MASK_128;
    this.step();
    /** @type {number | null} the half of 64 bits that is left */
    this.left = null;
  }

  step() {
    this.state = (this.state * MULTIPLIER + this.increment) & MASK_128;
  }

  /** @returns {bigint} 64 random bits. */
  bits64() {
    this.step();
    const folded = (this.state >> 64n) ^ (this.state & MASK_64);
    const turn = this.state >> 122n;
    return ((folded >> turn) | (folded << (64n - turn))) & MASK_64;
  }

  /** @returns {number} 32 random bits, the lower half of 64 first. */
  bits32() {
    if (this.left !== null) {
      const bits = this.left;
      this.left = null;
      return bits;
    }
    const bits = this.bits64();
    this.left = Number(bits >> 32n);
    return Number(bits & 0xffffffffn);
  }

  /** @returns {number} From [0, 1), in double precision: `random()`. */
  uniform() {
    return Number(this.bits64() >> 11n) / 2 ** 53;
  }

  /** @returns {number} From N(0, 1), in single precision: `standard_normal(dtype=float32)`. */
  normal() {
    for (;;) {
      const bits = this.bits32();
      const [layer, sign, size] = [bits & 0xff, (bits >>> 8) & 1 ? -1 : 1, bits >>> 9];
      const x = Math.fround(sign * size * ZIGGURAT.widths[layer]);
      if (size < ZIGGURAT.inside[layer]) return x;
      if (layer === 0) return this.tail((size >>> 8) & 1 ? -1 : 1);
      const [low, high] = [ZIGGURAT.heights[layer], ZIGGURAT.heights[layer - 1]];
      if ((high - low) * this.single() + low < Math.exp(-0.5 * x * x)) return x;
    }
  }

  /** @param {number} sign @returns {number} From the normal distribution beyond the last layer. */
  tail(sign) {
    for (;;) {
      const x = Math.fround(Math.fround(-1 / TAIL) * Math.fround(Math.log1p(-this.single())));
      const y = -Math.fround(Math.log1p(-this.single()));
      if (y + y > Math.fround(x * x)) return sign * Math.fround(Math.fround(TAIL) + x);
    }
  }

  /** @returns {number} From [0, 1), in single precision. */
  single() {
    return (this.bits32() >>> 8) / 2 ** 24;
  }
}

const TAIL = 3.6541528853610088; // where the last layer ends
const ZIGGURAT = makeZiggurat(256);

/**
 * Cut the half of exp(-x²/2) into layers of equal area.
 *
 * @param {number} layers
 */
function makeZiggurat(layers) {
  const density = (/** @type {number} */ x) => Math.exp(-0.5 * x * x);
  const area = 0.004928673233974655; // of each layer; the last one includes the tail
  const ends = [area / density(TAIL), TAIL];
  for (let i = 2; i < layers; i++) {
    const last = ends[i - 1];
    ends.push(Math.sqrt(-2 * Math.log(area / last + density(last))));
  }
  ends.push(0);
  // In the order of NumPy's tables: layer 0 is the last one, layer 1 lies at the top.
  const [right, inner] = [new Float64Array(layers), new Float64Array(layers)];
  right[0] = ends[0];
  inner[0] = TAIL;
  for (let i = 1; i < layers; i++) {
    right[i] = ends[layers - i];
    inner[i] = ends[layers - i + 1];
  }
  return {
    inside: Uint32Array.from(right, (end, i) => (inner[i] / end) * 2 ** 23),
    widths: Float32Array.from(right, (end) => end / 2 ** 23),
    heights: Float32Array.from(right, (end, i) => (i ? density(end) : 1)),
  };
}

/**
 * NumPy's SeedSequence: mix the seed into four words.
 *
 * @param {number[]} seed
 */
function entropyPool(seed) {
  let key = 0x43b0d7e5;
  const hash = (/** @type {number} */ value) => {
    value ^= key;
    key = Math.imul(key, 0x931e8875);
    value = Math.imul(value, key);
    return value ^ (value >>> 16);
  };
  const mix = (/** @type {number} */ x, /** @type {number} */ y) => {
    const mixed = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y);
    return mixed ^ (mixed >>> 16);
  };
  const pool = [0, 1, 2, 3].map((i) => hash(seed[i] ?? 0));
  for (let source = 0; source < 4; source++) {
    for (let i = 0; i < 4; i++) if (i !== source) pool[i] = mix(pool[i], hash(pool[source]));
  }
  for (const word of seed.slice(4)) {
    for (let i = 0; i < 4; i++) pool[i] = mix(pool[i], hash(word));
  }
  return pool;
}

/**
 * Expand four words to eight, in 0 to 2**32 - 1.
 *
 * @param {number[]} pool
 */
function stateWords(pool) {
  let key = 0x8b51f9dd;
  return [...pool, ...pool].map((word) => {
    let value = word ^ key;
    key = Math.imul(key, 0x58f38ded);
    value = Math.imul(value, key);
    return (value ^ (value >>> 16)) >>> 0;
  });
}
