/**
 * Put texts into a PNG file, which say how its face was made: docs/metadata.md has the format.
 *
 * @param {Blob} png
 * @param {Record<string, string>} texts By name; `{seed}` stands for that value.
 * @param {Record<string, any>} values
 */
export function addTexts(png, texts, values) {
  const chunks = Object.entries(texts).map(([name, text]) =>
    textChunk(name, text.replace(/\{(\w+)\}/g, (given, key) => values[key] ?? given)),
  );
  const start = 33; // bytes of the signature and the header
  return new Blob([png.slice(0, start), ...chunks, png.slice(start)], { type: png.type });
}

/** @param {string} name @param {string} text Latin-1 where possible, else UTF-8. */
function textChunk(name, text) {
  const isWide = /[\u0100-\uffff]/.test(text);
  const data = isWide ? `iTXt${name}\0\0\0\0\0${text}` : `tEXt${name}\0${text}`;
  const bytes = isWide
    ? new TextEncoder().encode(data)
    : Uint8Array.from(data, (letter) => letter.charCodeAt(0));
  const chunk = new Uint8Array(bytes.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, bytes.length - 4); // its type does not count
  chunk.set(bytes, 4);
  view.setUint32(bytes.length + 4, checksum(bytes));
  return chunk;
}

/** @param {Uint8Array} bytes @returns {number} CRC-32, as PNG has it. */
function checksum(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum;
}
