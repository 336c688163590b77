/**
 * The generator: a list of operations over arrays of numbers, one face at a time.
 *
 * @typedef {object} Operation
 * @property {"dense" | "affine" | "transposed_convolution" | "concatenate" | "relu" | "leaky_relu"
 *   | "tanh"} kind
 * @property {string} output Name of the result.
 * @property {string[]} inputs Names of earlier results, or of the network's inputs.
 * @property {number[]} shape Of the result: [N], or [height, width, channels].
 * @property {string[]} arrays Names of its weights.
 * @property {number} [slope] Of a leaky ReLU.
 *
 * @typedef {{data: Float32Array, shape: number[]}} Tensor
 */

/**
 * Run the network.
 *
 * @param {Operation[]} operations
 * @param {Map<string, Tensor>} weights
 * @param {Record<string, Float32Array>} inputs
 * @returns {Map<string, Float32Array>} The inputs and every result, in order.
 */
export function runNetwork(operations, weights, inputs) {
  const results = new Map(Object.entries(inputs));
  for (const operation of operations) {
    const sources = operation.inputs.map((name) => get(results, name));
    const arrays = operation.arrays.map((name) => get(weights, name));
    results.set(operation.output, KINDS[operation.kind](sources, arrays, operation));
  }
  return results;
}

/**
 * @template T
 * @param {Map<string, T>} map
 * @param {string} name
 * @returns {T}
 */
export function get(map, name) {
  const value = map.get(name);
  if (value === undefined) throw new Error(`The page is damaged: it lacks ${name}.`);
  return value;
}

/** @type {Record<string, (x: Float32Array[], w: Tensor[], step: Operation) => Float32Array>} */
const KINDS = {
  dense: ([x], [weights, bias]) => dense(x, weights, bias),
  affine: ([x, given], [constant]) => affine(x, given ?? constant.data),
  transposed_convolution: ([x], [kernel, bias], { shape }) =>
    transposedConvolution(x, kernel, bias, shape),
  concatenate: (parts) => Float32Array.from(parts.flatMap((part) => [...part])),
  relu: ([x]) => x.map((value) => Math.max(value, 0)),
  leaky_relu: ([x], _, { slope = 0 }) => x.map((value) => (value > 0 ? value : slope * value)),
  tanh: ([x]) => x.map(Math.tanh),
};

/**
 * Multiply a row vector by a matrix.
 *
 * @param {Float32Array} x (I,)
 * @param {Tensor} weights (I, O)
 * @param {Tensor} [bias] (O,)
 */
export function dense(x, { data, shape: [, width] }, bias) {
  const y = bias ? bias.data.slice() : new Float32Array(width);
  for (let i = 0, at = 0; i < x.length; i++, at += width) {
    const value = x[i];
    if (value) for (let o = 0; o < width; o++) y[o] += value * data[at + o];
  }
  return y;
}

/**
 * Scale and shift channels.
 *
 * @param {Float32Array} x (..., C)
 * @param {Float32Array} values (2C,), the scales and then the shifts.
 */
function affine(x, values) {
  const channels = values.length / 2;
  return x.map((value, i) => value * values[i % channels] + values[channels + (i % channels)]);
}

const TILE = 4; // pixels, and channels, that are summed side by side

/**
 * Double the side: a transposed convolution with stride 2 that TensorFlow calls `same`.
 *
 * Pixels of the result whose coordinates are both odd, say, take the same entries of the kernel
 * from neighbouring pixels of x. Each tile of 4 × 4 sums is kept in local variables, which is
 * several times faster than adding to an array.
 *
 * @param {Float32Array} x (H, W, C)
 * @param {Tensor} kernel (K, K, O, C)
 * @param {Tensor | undefined} bias (O,)
 * @param {number[]} shape (2H, 2W, O)
 */
function transposedConvolution(x, { data, shape: [side, , , depth] }, bias, shape) {
  const [height, width] = [shape[0] / 2, shape[1] / 2];
  const channels = shape[2];
  const before = (side - 2) >> 1; // rows of the result that are cut off
  const row = (Math.ceil(width / TILE) * TILE + 2) * depth; // of x, with a border of zeros
  const padded = new Float32Array((height + 2) * row);
  for (let y = 0; y < height; y++) {
    const line = x.subarray(y * width * depth, (y + 1) * width * depth);
    padded.set(line, (y + 1) * row + depth);
  }
  const wide = Math.ceil(channels / TILE) * TILE;
  const taps = paddedTaps(data, side, channels, wide, depth);
  const result = new Float32Array(shape[0] * shape[1] * channels);
  const sums = new Float64Array(TILE * TILE);
  for (let parity = 0; parity < 4; parity++) {
    const [odd, right] = [parity >> 1, parity & 1];
    /** @type {number[][]} where a tap begins in the kernel, and its pixel in x */
    const places = [];
    for (let ty = (odd + before) & 1; ty < side; ty += 2) {
      for (let tx = (right + before) & 1; tx < side; tx += 2) {
        const [dy, dx] = [(odd + before - ty) / 2, (right + before - tx) / 2];
        places.push([(ty * side + tx) * wide * depth, (dy + 1) * row + (dx + 1) * depth]);
      }
    }
    for (let y = 0; y < height; y++) {
      for (let left = 0; left < width; left += TILE) {
        for (let first = 0; first < wide; first += TILE) {
          sumTile(sums, padded, taps, places, y * row + left * depth, first * depth, depth);
          const columns = Math.min(TILE, width - left);
          const ends = Math.min(TILE, channels - first);
          for (let p = 0; p < columns; p++) {
            const at = ((2 * y + odd) * shape[1] + 2 * (left + p) + right) * channels + first;
            for (let c = 0; c < ends; c++) {
              result[at + c] = sums[p * TILE + c] + (bias ? bias.data[first + c] : 0);
            }
          }
        }
      }
    }
  }
  return result;
}

/**
 * Return a kernel whose output channels are filled up with zeros.
 *
 * @param {Float32Array} data (K, K, O, C)
 * @param {number} side K
 * @param {number} channels O
 * @param {number} wide O rounded up to whole tiles.
 * @param {number} depth C
 */
function paddedTaps(data, side, channels, wide, depth) {
  if (wide === channels) return data;
  const taps = new Float32Array(side * side * wide * depth);
  for (let tap = 0; tap < side * side; tap++) {
    const part = data.subarray(tap * channels * depth, (tap + 1) * channels * depth);
    taps.set(part, tap * wide * depth);
  }
  return taps;
}

/**
 * Sum the products of 4 neighbouring pixels with 4 rows of each tap.
 *
 * @param {Float64Array} sums Takes the results, pixel by pixel.
 * @param {Float32Array} x
 * @param {Float32Array} w
 * @param {number[][]} places Offsets of each tap in w and in x.
 * @param {number} pixel Offset in x.
 * @param {number} channel Offset in w.
 * @param {number} depth Numbers a pixel, and numbers a row.
 */
function sumTile(sums, x, w, places, pixel, channel, depth) {
  let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
  let c0 = 0, c1 = 0, c2 = 0, c3 = 0, d0 = 0, d1 = 0, d2 = 0, d3 = 0;
  for (let tap = 0; tap < places.length; tap++) {
    const w0 = places[tap][0] + channel, w1 = w0 + depth, w2 = w1 + depth, w3 = w2 + depth;
    const x0 = places[tap][1] + pixel, x1 = x0 + depth, x2 = x1 + depth, x3 = x2 + depth;
    for (let i = 0; i < depth; i++) {
      const u0 = w[w0 + i], u1 = w[w1 + i], u2 = w[w2 + i], u3 = w[w3 + i];
      let v = x[x0 + i];
      a0 += v * u0; a1 += v * u1; a2 += v * u2; a3 += v * u3;
      v = x[x1 + i];
      b0 += v * u0; b1 += v * u1; b2 += v * u2; b3 += v * u3;
      v = x[x2 + i];
      c0 += v * u0; c1 += v * u1; c2 += v * u2; c3 += v * u3;
      v = x[x3 + i];
      d0 += v * u0; d1 += v * u1; d2 += v * u2; d3 += v * u3;
    }
  }
  sums[0] = a0; sums[1] = a1; sums[2] = a2; sums[3] = a3;
  sums[4] = b0; sums[5] = b1; sums[6] = b2; sums[7] = b3;
  sums[8] = c0; sums[9] = c1; sums[10] = c2; sums[11] = c3;
  sums[12] = d0; sums[13] = d1; sums[14] = d2; sums[15] = d3;
}
