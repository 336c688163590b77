/**
 * Write PNG files that say how their face was made: docs/metadata.md has the format.
 *
 * @typedef {import("./worker.js").Face} Face
 */

/**
 * @param {Uint8ClampedArray} pixels RGBA
 * @param {number} size
 * @param {Record<string, string>} texts
 * @returns {Promise<Blob>}
 */
export async function encodePng(pixels, size, texts) {
  const rows = new Uint8Array(size * (1 + 3 * size)); // each begins with its filter: none
  pixels.forEach((value, i) => {
    const [pixel, channel] = [i >> 2, i & 3];
    const at = Math.floor(pixel / size) * (1 + 3 * size) + 1 + (pixel % size) * 3 + channel;
    if (channel < 3) rows[at] = value;
  });
  const stream = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, size);
  header.setUint32(4, size);
  header.setUint16(8, 0x0802); // 8 bits, RGB
  const chunks = [
    chunk("IHDR", new Uint8Array(header.buffer)),
    ...Object.entries(texts).map(([name, text]) => textChunk(name, text)),
    chunk("IDAT", data),
    chunk("IEND", new Uint8Array()),
  ];
  const signature = Uint8Array.from("\x89PNG\r\n\x1a\n", (c) => c.charCodeAt(0));
  return new Blob([signature, ...chunks], { type: "image/png" });
}

/** @param {string} name @param {string} text Latin-1 where possible, else UTF-8. */
function textChunk(name, text) {
  const encoder = new TextEncoder();
  const isWide = /[\u0100-\uffff]/.test(text);
  if (isWide) return chunk("iTXt", encoder.encode(`${name}\0\0\0\0\0${text}`));
  return chunk("tEXt", Uint8Array.from(`${name}\0${text}`, (c) => c.charCodeAt(0)));
}

/** @param {string} type @param {Uint8Array} data @returns {Uint8Array<ArrayBuffer>} */
function chunk(type, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, checksum(bytes.subarray(4, data.length + 8)));
  return bytes;
}

/** @param {Uint8Array} bytes @returns {number} CRC-32, as PNG has it. */
function checksum(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/**
 * Return the texts that a file of a face holds, by name.
 *
 * @param {Face} face
 * @param {{size: number, file: string, model_hash: string, encoder_hash: string, version: string}}
 *   model
 */
export function metadata(face, model) {
  const truncation = String(face.truncation);
  const values = {
    Steps: "1",
    Sampler: "DCGAN",
    Seed: String(face.seed),
    Size: `${model.size}x${model.size}`,
    "Model hash": model.model_hash,
    Model: model.file,
    Face: `1_${face.j}`,
    Truncation: truncation,
    "Encoder hash": model.encoder_hash,
    Version: model.version,
  };
  const pairs = Object.entries(values).map(
    ([name, value]) => `${name}: ${/[,:"\n]/.test(value) ? JSON.stringify(value) : value}`,
  );
  const { file, model_hash, encoder_hash, version } = model;
  return {
    parameters: `${face.text}\n${pairs.join(", ")}`,
    ...{ description: face.text, seed: String(face.seed), i: "1", j: String(face.j), truncation },
    ...{ model: file, model_hash, encoder_hash, version, scale: "1" },
  };
}
