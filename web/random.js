/**
 * NumPy's generator of random numbers, `numpy.random.default_rng`, so that a seed gives the same
 * face here and in Python: SeedSequence, PCG64 (O'Neill 2014, "PCG: A Family of Simple Fast
 * Space-Efficient Statistically Good Algorithms for Random Number Generation") and normal numbers
 * by the ziggurat method.
 */

const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const TAIL = 3.6541528853610088; // where the last layer of the ziggurat ends

/** PCG64 with an XSL-RR output, seeded as NumPy does. */
export class Random {
  /**
   * @param {number[]} seed Integers from 0 to 2**32 - 1.
   * @param {Record<string, Float32Array>} tables Of `exports/ziggurat.py`.
   */
  constructor(seed, tables) {
    const [a, b, c, d] = new BigUint64Array(Int32Array.from(stateWords(seed)).buffer);
    this.tables = tables;
    this.increment = (c << 65n) | (d << 1n) | 1n;
    this.state = this.increment + ((a << 64n) | b);
    this.bits64(); // the first, which NumPy leaves out
    /** @type {bigint | null} the half of 64 bits that is left */
    this.left = null;
  }

  /** @returns {bigint} 64 random bits. */
  bits64() {
    this.state = BigInt.asUintN(128, this.state * MULTIPLIER + this.increment);
    const folded = BigInt.asUintN(64, (this.state >> 64n) ^ this.state);
    const turn = this.state >> 122n;
    return BigInt.asUintN(64, (folded >> turn) | (folded << (64n - turn)));
  }

  /** @returns {number} 32 random bits, the lower half of 64 first. */
  bits32() {
    const bits = this.left ?? this.bits64();
    this.left = this.left === null ? bits >> 32n : null;
    return Number(bits & 0xffffffffn);
  }

  /** @returns {number} From [0, 1), in double precision: `random()`. */
  uniform() {
    return Number(this.bits64() >> 11n) / 2 ** 53;
  }

  /** @returns {number} From [0, 1), in single precision. */
  single() {
    return (this.bits32() >>> 8) / 2 ** 24;
  }

  /** @returns {number} From N(0, 1), in single precision: `standard_normal(dtype=float32)`. */
  normal() {
    const { inside, widths, heights } = this.tables;
    for (;;) {
      const bits = this.bits32();
      const [layer, sign, size] = [bits & 0xff, (bits >>> 8) & 1 ? -1 : 1, bits >>> 9];
      const x = Math.fround(sign * size * widths[layer]);
      if (size < inside[layer]) return x;
      if (layer === 0) return this.tail((size >>> 8) & 1 ? -1 : 1);
      const [low, high] = [heights[layer], heights[layer - 1]];
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
}

/**
 * NumPy's SeedSequence: mix a seed into four words, and make eight of these.
 *
 * @param {number[]} seed
 * @returns {number[]} As signed integers.
 */
function stateWords(seed) {
  const hash = hasher(0x43b0d7e5, 0x931e8875);
  const pool = [0, 1, 2, 3].map((i) => hash(seed[i] ?? 0));
  const mix = (/** @type {number} */ i, /** @type {number} */ word) => {
    const mixed = Math.imul(0xca01f9dd, pool[i]) - Math.imul(0x4973f715, hash(word));
    pool[i] = mixed ^ (mixed >>> 16);
  };
  for (let source = 0; source < 4; source++) {
    for (let i = 0; i < 4; i++) if (i !== source) mix(i, pool[source]);
  }
  for (const word of seed.slice(4)) pool.forEach((_, i) => mix(i, word));
  return [...pool, ...pool].map(hasher(0x8b51f9dd, 0x58f38ded));
}

/** @param {number} key @param {number} factor Of the key, which changes with each word. */
const hasher = (key, factor) => (/** @type {number} */ word) => {
  const mixed = word ^ key;
  key = Math.imul(key, factor);
  const value = Math.imul(mixed, key);
  return value ^ (value >>> 16);
};
