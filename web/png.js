/**
 * Put texts into a PNG file, which say how its face was made: docs/metadata.md has the format.
 *
 * @param {Blob} png
 * @param {Record<string, string>} texts By name; `{seed}` stands for that value.
 * @param {Record<string, any>} values
 */
export function addTexts(png, texts, values) {
  const chunks = Object.entries(texts).flatMap(([name, text]) =>
    textChunk(name, text.replace(/\{(\w+)\}/g, (given, key) => values[key] ?? given)),
  );
  const start = 33; // bytes of the signature and the header
  return new Blob([png.slice(0, start), ...chunks, png.slice(start)], { type: png.type });
}

/**
 * @param {string} name
 * @param {string} text Latin-1 where possible, else UTF-8.
 * @returns {Uint8Array<ArrayBuffer>[]} The parts of a chunk.
 */
function textChunk(name, text) {
  const isWide = /[\u0100-\uffff]/.test(text);
  const data = isWide ? `iTXt${name}\0\0\0\0\0${text}` : `tEXt${name}\0${text}`;
  const bytes = isWide
    ? new TextEncoder().encode(data)
    : Uint8Array.from(data, (letter) => letter.charCodeAt(0));
  // The type, the first four bytes, does not count.
  return [fourBytes(bytes.length - 4), bytes, fourBytes(checksum(bytes))];
}

/** @param {number} value Of 32 bits, the highest ones first. */
const fourBytes = (value) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

/** @param {Uint8Array} bytes @returns {number} CRC-32, as PNG has it. */
function checksum(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum;
}
