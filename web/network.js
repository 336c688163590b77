/**
 * The generator: a list of operations over arrays of numbers, one face at a time.
 *
 * @typedef {Record<string, Float32Array>} Arrays
 *
 * @typedef {object} Operation
 * @property {string} kind One of `KINDS`.
 * @property {string} output Name of the result.
 * @property {string[]} inputs Names of earlier results, of the network's inputs and of weights.
 * @property {number[]} shape Of the result: [N], or [height, width, channels].
 * @property {number} [slope] Of a leaky ReLU; 0 without.
 * @property {number} [stride] Of a transposed convolution.
 */

/**
 * @param {Operation[]} operations
 * @param {Arrays} arrays The weights, and the network's inputs.
 * @returns {Float32Array} What the last operation returns.
 */
export function runNetwork(operations, arrays) {
  const results = { ...arrays };
  for (const operation of operations) {
    const inputs = operation.inputs.map((name) => results[name]);
    results[operation.output] = KINDS[operation.kind](operation, ...inputs);
  }
  return results[operations[operations.length - 1].output];
}

/** @type {Record<string, (operation: Operation, ...inputs: Float32Array[]) => Float32Array>} */
const KINDS = {
  dense: (_, x, weights, bias) => dense(x, weights, bias),
  affine: (_, x, values) => affine(x, values),
  transposed_convolution: ({ shape, stride = 1 }, ...inputs) =>
    transposedConvolution(shape, stride, ...inputs),
  add: (_, ...parts) => parts.reduce((sum, part) => sum.map((value, i) => value + part[i])),
  concatenate: (_, ...parts) => Float32Array.from(parts.flatMap((part) => [...part])),
  leaky_relu: ({ slope = 0 }, x) => x.map((value) => (value > 0 ? value : slope * value)),
  tanh: (_, x) => x.map(Math.tanh),
};

/**
 * Multiply a row vector by a matrix, and add a bias.
 *
 * @param {Float32Array} x (I,)
 * @param {Float32Array} weights (I, O)
 * @param {Float32Array} [bias] (O,)
 */
export function dense(x, weights, bias) {
  const width = weights.length / x.length;
  const y = bias?.slice() ?? new Float32Array(width);
  for (let i = 0, at = 0; i < x.length; i++, at += width) {
    const value = x[i];
    if (value) for (let o = 0; o < width; o++) y[o] += value * weights[at + o];
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
 * Multiply the side by the stride: a transposed convolution that TensorFlow calls `same`.
 *
 * With a stride of 2, pixels of the result whose coordinates are both odd, say, take the same
 * entries of the kernel from neighbouring pixels of x. Each tile of 4 × 4 sums is kept in local
 * variables, which is several times faster than adding to an array.
 *
 * @param {number[]} shape (H * stride, W * stride, O)
 * @param {number} stride
 * @param {Float32Array[]} inputs x (H, W, C); a kernel (K, K, P, C) and a bias (P,), where P is O
 *   rounded up to whole tiles.
 */
function transposedConvolution(shape, stride, ...[x, kernel, bias]) {
  const [height, width, channels] = [shape[0] / stride, shape[1] / stride, shape[2]];
  const depth = x.length / (height * width);
  const tap = bias.length * depth; // numbers of the kernel for one of its pixels
  const side = Math.sqrt(kernel.length / tap);
  const before = (side - stride) >> 1; // rows of the result that are cut off
  const row = (Math.ceil(width / TILE) * TILE + 2) * depth; // of x, with a border of zeros
  const padded = new Float32Array((height + 2) * row);
  for (let y = 0; y < height; y++) {
    const line = x.subarray(y * width * depth, (y + 1) * width * depth);
    padded.set(line, (y + 1) * row + depth);
  }
  const result = new Float32Array(shape[0] * shape[1] * channels);
  const sums = new Float64Array(TILE * TILE);
  for (let part = 0; part < stride ** 2; part++) {
    const [down, right] = [Math.floor(part / stride), part % stride];
    /** @type {number[][]} where a tap begins in the kernel, and its pixel in x */
    const places = [];
    for (let ty = (down + before) % stride; ty < side; ty += stride) {
      for (let tx = (right + before) % stride; tx < side; tx += stride) {
        const [dy, dx] = [(down + before - ty) / stride, (right + before - tx) / stride];
        places.push([(ty * side + tx) * tap, (dy + 1) * row + (dx + 1) * depth]);
      }
    }
    for (let y = 0; y < height; y++) {
      for (let left = 0; left < width; left += TILE) {
        for (let first = 0; first < channels; first += TILE) {
          sumTile(sums, padded, kernel, places, y * row + left * depth, first * depth, depth);
          const columns = Math.min(TILE, width - left);
          const ends = Math.min(TILE, channels - first);
          for (let p = 0; p < columns; p++) {
            const pixel = (y * stride + down) * shape[1] + (left + p) * stride + right;
            const at = pixel * channels + first;
            for (let c = 0; c < ends; c++) result[at + c] = sums[p * TILE + c] + bias[first + c];
          }
        }
      }
    }
  }
  return result;
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
