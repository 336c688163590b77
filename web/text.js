/**
 * How a text becomes words, as `Encoder.read` in Python has it. All tables and long patterns come
 * from `exports/page_text.py`; only the steps are written twice, and a test compares them.
 *
 * @typedef {{words: string[], mended: Map<string, string>, unknown: string[]}} Reading
 * @typedef {Record<string, string>} Names Words -> what they are called.
 * @typedef {Map<string, boolean>} Facts Name of a value -> whether it is stated or denied.
 *
 * @typedef {{
 *   max_length: number, function_words: string[], long: number, short_tag: number,
 *   marks: Names, slots: Names, many_colours: Names, rivals: Names, tag_values: Names,
 *   first: string[], second: string[], others: string[], shortest: number,
 *   tag: string, most_listed: number,
 *   signs: [string, string][], rewritings: [string, string][], resolved: string[],
 *   telling: string, colour_pair: string,
 *   denials: {words: string[], pairs: string[], pseudo: string[], marks: string[], ends: string[],
 *     mark: string, reach: number},
 *   tag_denials: string, fillers: string[], persons: string[], hairstyles: string[],
 *   adjectives: Record<string, Names>, adjective_patterns: Names,
 *   colour_patterns: Record<string, Names>, colours: Record<string, string[]>,
 * }} Tables
 */

export const HAS_WORD = /[\p{L}\p{N}]/u;
const TOKENS = /'(?:s|t|re|ll|ve|d|m)(?![\p{L}\p{N}_])|[\p{L}\p{N}]+|[.,:]/gu;
const WEIGHT = /:\s*-?\p{Nd}+(?:\.\p{Nd}+)?(?=\s*[)\]},;]|\s*$)/gu;
const MODEL_TAG = /<[^<>]*>/g;
const BRACKETS = /[()[\]{}]|\\(?=[()])/g;

/** @param {string} text @returns {string[]} The parts between white space, as Python has it. */
export const split = (text) => text.split(/[^\S\ufeff]+/u).filter(Boolean);

/** @param {string} name @param {Facts} facts */
export const asTag = (name, facts) => (facts.get(name) ? name : `no ${name}`);

/** @type {<T>(table: Record<string, T>, words: string) => T | undefined} Even `constructor`. */
export const lookUp = (table, words) => (Object.hasOwn(table, words) ? table[words] : undefined);

/**
 * Return a text as the encoder receives it.
 *
 * @param {string} text
 * @param {Tables} tables
 * @throws {Error} No face can be described by it.
 */
export function clean(text, tables) {
  // eslint-disable-next-line no-control-regex -- they separate words
  const given = text.replace(/[\x01-\x1f\x7f-\x9f]/g, " ");
  const words = split(given);
  const joined = words.filter((word) => word.replace(/^_+|_+$/g, "").includes("_"));
  const sentence = split(given.toLowerCase()).some((w) => tables.function_words.includes(w));
  const is_list = joined.length > 1 && !/[,;]/.test(given) && !sentence;
  const cleaned = split(words.join(is_list ? ", " : " ").replaceAll("_", " ")).join(" ");
  const length = [...cleaned].length;
  if (!HAS_WORD.test(cleaned) || cleaned.includes("\0")) throw new Error("there is no word in it");
  if (length > tables.max_length) {
    throw new Error(`it has ${length.toLocaleString("en")} characters, more than 2,000`);
  }
  return cleaned;
}

/** Reads texts for one encoder. */
export class Reader {
  /**
   * @param {Tables} tables
   * @param {Map<string, number>} rows Word -> its row in the tables of word vectors.
   * @param {string[]} taught What the encoder was taught to hear; none for the first kind.
   */
  constructor(tables, rows, taught) {
    this.tables = tables;
    this.rows = rows;
    this.taught = taught;
  }

  /** @param {string} text @returns {Reading} */
  read(text) {
    const isTaught = this.taught.length > 0;
    let words = this.plainWords(isTaught ? this.stripWeights(text) : text);
    if (!words.length) return { words: split(text), mended: new Map(), unknown: split(text) };
    /** @type {Map<string, string>} */
    const mended = new Map();
    for (const word of new Set(words)) {
      const right = this.rows.has(word) ? null : this.mend(word);
      if (right) mended.set(word, right);
    }
    words = words.flatMap((word) => (mended.get(word) ?? word).split(" "));
    const strange = words.filter((word) => !this.rows.has(word) && HAS_WORD.test(word));
    if (isTaught) {
      const said = this.plainWords(this.shorten(this.assignColours(words).join(" ")));
      words = this.markDenials(said.length ? said : words);
    }
    const resolved = this.tables.resolved.filter((word) => !words.includes(word));
    return { words, mended, unknown: [...new Set(strange)].filter((w) => !resolved.includes(w)) };
  }

  /** @param {string} text @returns {string} Without what image generators read in prompts. */
  stripWeights(text) {
    const plain = text.replace(MODEL_TAG, " ").replace(WEIGHT, "").replace(BRACKETS, " ");
    return this.tables.signs.reduce((t, [of, to]) => t.replace(new RegExp(of, "gi"), to), plain);
  }

  /** @param {string} text @returns {string[]} */
  plainWords(text) {
    const lower = text.normalize("NFKC").toLowerCase();
    const plain = [...lower].map((mark) => lookUp(this.tables.marks, mark) ?? mark).join("");
    return plain.match(TOKENS) ?? [];
  }

  /** @param {string} word @returns {string | null} The one nearest word, or two run together. */
  mend(word) {
    const { first, second, others, shortest } = this.tables;
    const [, start, end] = word.match(/^(.+)(hair|haired|eyes|eyed)$/) ?? [];
    if ([...first, ...second].includes(start)) return `${start} ${end}`;
    const letters = [...word];
    if (others.includes(word)) return null;
    const limit = letters.length >= 8 ? 2 : 1;
    for (const names of letters.length < shortest ? [first] : [first, second]) {
      const edits = names.map((name) => countEdits(letters, [...name], limit));
      const least = Math.min(limit + 1, ...edits);
      const near = names.filter((_, i) => edits[i] === least);
      if (least <= limit) return near.length === 1 ? near[0] : null;
    }
    return null;
  }

  /** @param {string[]} words @returns {string[]} With what each colour belongs to. */
  assignColours(words) {
    const rewritten = this.tables.rewritings.reduce(
      (text, [said, plain]) => text.replace(new RegExp(said, "g"), plain),
      ` ${words.join(" ")} `,
    );
    return split(rewritten);
  }

  /** @param {string[]} words @returns {string[]} With a mark before words that are denied. */
  markDenials(words) {
    const { words: denials, pairs, pseudo, marks, ends, mark, reach } = this.tables.denials;
    let left = 0; // words that the present denial still reaches
    return words.map((word, place) => {
      const denies = denials.includes(word) || pairs.includes(`${words[place - 1]} ${word}`);
      if (denies && pseudo.includes(words[place + 1])) return mark + word;
      if (denies) left = reach;
      else if (marks.includes(word) || (ends.includes(word) && left < reach)) left = 0;
      else if (left-- > 0 && this.rows.has(mark + word)) return mark + word;
      return word;
    });
  }

  /** @param {string} text Tokens. @returns {string} What a long list of tags says of a face. */
  shorten(text) {
    const { colours, long, short_tag, telling } = this.tables;
    const tags = text.split(",").filter((tag) => tag.trim());
    if (tags.length < long || split(text).length > short_tag * tags.length) return text;
    const { facts, others } = this.readTags(text);
    const kept = others.filter((tag) => new RegExp(telling).test(tag));
    const named = [...Object.values(colours).flat(), ...facts.keys()].filter((k) => facts.has(k));
    return [...new Set([...kept, ...named.map((k) => asTag(k, facts))])].join(", ") || text;
  }

  /**
   * @param {string} text
   * @returns {{facts: Facts, stated: Set<string>, others: string[]}} Also attributes, and other tags.
   */
  readTags(text) {
    const tags = ` ${text} `.replace(new RegExp(this.tables.colour_pair, "g"), "$1 ,").split(",");
    const [facts, stated] = [new Map(), new Set()];
    for (const [said, isStated] of tags.flatMap((tag) => this.readTag(tag))) {
      const attribute = this.tables.rivals[said] ?? said;
      const isSecond = isStated && stated.has(attribute) && !facts.get(said);
      const name = isSecond ? this.tables.many_colours[attribute] : said;
      if (!name || facts.has(name)) continue;
      facts.set(name, isStated);
      if (isStated) stated.add(attribute);
    }
    const others = tags.filter((tag) => tag.trim() && !this.readTag(tag).length);
    return { facts, stated, others };
  }

  /** @param {string} tag @returns {[string, boolean][]} The facts that it states or denies. */
  readTag(tag) {
    const plain = split(tag.toLowerCase()).join(" ");
    if (this.taught.includes(plain)) return [[plain, true]];
    const said = this.plainWords(tag).filter((word) => !/[',.:]/.test(word)).join(" ");
    const rest = said.replace(new RegExp(this.tables.tag_denials), "");
    return this.readWords(split(rest)).map((name) => [name, rest === said]);
  }

  /** @param {string[]} said @returns {string[]} What words state, if all are understood. */
  readWords(said) {
    const { fillers, tag_values, persons, slots } = this.tables;
    const words = said.filter((word) => !fillers.includes(word));
    for (let i = 0; i < words.length; i++) {
      const name = lookUp(tag_values, words.slice(i).join(" "));
      const found = name ? this.readColoured(name, words.slice(0, i)) : [];
      if (found.length) return found;
    }
    const last = words.at(-1) ?? "";
    const colour = persons.includes(last) && this.readColour(words, "hair");
    if (colour) return [`${colour} hair`]; // strawberry blonde
    const slot = lookUp(slots, last);
    const inside = said.slice(said.indexOf(words[0])).filter((word) => word !== "and");
    const isPart = slot && !inside.some((word) => fillers.includes(word)); // not: gold and the eyes
    return isPart ? this.readPart(words.slice(0, -1), slot) : [];
  }

  /** @param {string} name @param {string[]} words Before it: a colour, or none. */
  readColoured(name, words) {
    const { colours, hairstyles, persons, rivals } = this.tables;
    const attribute = rivals[name];
    if (!words.length) return [name];
    if (attribute in colours) return []; // persons named by their hair
    const colour = this.readColour(words, "hair");
    if (!hairstyles.includes(attribute)) {
      return colour || this.readColour(words, "eyes") ? [name] : []; // of a thing, such as a ribbon
    }
    const fits = attribute !== "person" || persons.includes(words.at(-1) ?? ""); // no blue girl
    return colour && fits ? [name, `${colour} hair`] : [];
  }

  /** @param {string[]} words Adjectives, and one colour at most. @param {string} slot Of them. */
  readPart(words, slot) {
    const { adjective_patterns, adjectives, rivals } = this.tables;
    const [said, pattern] = [words.join(" "), new RegExp(adjective_patterns[slot], "g")];
    const facts = new Set(Array.from(said.matchAll(pattern), ([part]) => adjectives[slot][part]));
    const rest = split(said.replace(pattern, ""));
    const colour = this.readColour(rest, slot);
    if (rest.length && !colour) return [];
    if (colour) facts.add(`${colour} ${slot}`);
    const isClear = new Set([...facts].map((name) => rivals[name])).size === facts.size;
    return isClear ? [...facts] : [];
  }

  /** @param {string[]} words @param {string} slot @returns {string | undefined} Their colour. */
  readColour(words, slot) {
    const patterns = Object.entries(this.tables.colour_patterns[slot]);
    return patterns.find(([, pattern]) => new RegExp(pattern).test(words.join(" ")))?.[0];
  }
}

/**
 * Count the edits between two words (Damerau-Levenshtein: letters added, missing, wrong, swapped).
 *
 * @param {string[]} a Letters.
 * @param {string[]} b
 * @param {number} limit
 * @returns {number} Infinity if there are more than the limit.
 */
function countEdits(a, b, limit) {
  if (Math.abs(a.length - b.length) > limit) return Infinity;
  if (!a.length || !b.length) return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return countEdits(restA, restB, limit);
  const next = [[restA, b], [a, restB], [restA, restB]];
  const edits = next.map(([x, y]) => 1 + countEdits(x, y, limit - 1));
  const [i, j] = [a.indexOf(b[0]), b.indexOf(a[0])]; // swapped, with i + j - 2 others between
  const swaps = i + j - 1;
  if (i > 0 && j > 0) edits.push(swaps + countEdits(a.slice(i + 1), b.slice(j + 1), limit - swaps));
  return Math.min(...edits);
}
