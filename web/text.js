/**
 * How a text becomes words, as `Encoder.read` in Python has it. All tables of words come from
 * Python; only the steps and the patterns are written twice, and a test compares them.
 *
 * @typedef {Map<string, boolean>} Facts Name of a value -> whether it is stated or denied.
 * @typedef {{words: string[], mended: Map<string, string>, unknown: string[]}} Reading
 *
 * @typedef {object} Tables
 * @property {number} max_length Characters of a text.
 * @property {string[]} function_words
 * @property {number} long Tags of a long list.
 * @property {number} short_tag Tokens of its tags, on average.
 * @property {Record<string, string>} marks Punctuation -> the mark it is read as.
 * @property {{words: string[], pairs: string[], pseudo: string[], marks: string[], ends: string[],
 *   mark: string, reach: number}} denials
 * @property {string[]} first What misspelt words are corrected to: these first,
 * @property {string[]} second then these,
 * @property {string[]} others but never words that are correct.
 * @property {string[][]} tag_denials
 * @property {string[]} fillers
 * @property {Record<string, string>} slots Noun -> `hair` or `eyes`.
 * @property {string[]} copulas
 * @property {Record<string, string>} two_coloured Slot -> what it is if it has two colours.
 * @property {string[]} colour_words Of the names of colours.
 * @property {string[]} bare_colours Those that mean a colour alone.
 * @property {string[]} shades Words before a colour.
 * @property {string} in_hair Pattern of things in the hair.
 * @property {string[]} persons Words for people of a hair colour.
 * @property {string[]} hairstyles Attributes whose colour is that of the hair.
 * @property {Record<string, string>} tag_values Words of a tag -> its value.
 * @property {Record<string, Record<string, string>>} adjectives Slot -> words -> value.
 * @property {Record<string, Record<string, string>>} colour_names Slot -> name -> colour.
 * @property {Record<string, Record<string, string[]>>} colour_parts Slot -> colour -> its words.
 * @property {Record<string, string[]>} choices Attribute -> its values.
 * @property {Record<string, string[]>} colours Slot -> those of its values that are colours.
 * @property {Record<string, Record<string, string>>} nearest Slot -> colour asked for -> drawn.
 * @property {Record<string, string>} two_colours Value -> slot.
 */

// eslint-disable-next-line no-control-regex
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const HAS_WORD = /[\p{L}\p{N}]/u;
const TOKENS = /'(?:s|t|re|ll|ve|d|m)(?![\p{L}\p{N}_])|[\p{L}\p{N}]+|[.,:]/gu;
const WEIGHT = /:\s*-?\p{Nd}+(?:\.\p{Nd}+)?(?=\s*[)\]},;]|\s*$)/gu;
const MODEL_TAG = /<[^<>]*>/g;
const BRACKETS = /[()[\]{}]|\\(?=[()])/g;

/** @param {string} text @returns {string[]} The parts between white space, as Python has it. */
const split = (text) => text.split(SPACES).filter(Boolean);

/**
 * Look up a word that may be `constructor` or the like.
 *
 * @template T
 * @param {Record<string, T>} table
 * @param {string} word
 * @returns {T | undefined}
 */
export const lookUp = (table, word) => (Object.hasOwn(table, word) ? table[word] : undefined);

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

/**
 * @param {string} text
 * @param {string[]} tags
 */
export const addTags = (text, tags) =>
  tags.length ? [text.replace(/[ ,.;:!?]+$/, ""), ...tags].join(", ") : text;

/** Reads texts for one encoder. */
export class Reader {
  /**
   * @param {Tables} tables
   * @param {Map<string, number>} rows Word -> its row in the tables of word vectors.
   * @param {string[]} facts What the encoder was taught to hear; none for the first kind.
   */
  constructor(tables, rows, facts) {
    this.tables = tables;
    this.rows = rows;
    this.facts = facts;
    this.others = new Set(tables.others);
    this.inHair = new RegExp(`^${tables.in_hair}$`);
    /** @type {Map<string, string>} Value -> attribute. */
    this.attributes = new Map();
    for (const [attribute, names] of Object.entries(tables.choices)) {
      for (const name of names) this.attributes.set(name, attribute);
    }
  }

  /** @param {string} text @returns {Reading} */
  read(text) {
    const taught = this.facts.length > 0;
    /** @type {string[]} */
    let words = this.plainWords(taught ? stripWeights(text) : text);
    if (!words.length) return { words: split(text), mended: new Map(), unknown: split(text) };
    const mended = new Map();
    for (const word of words) {
      const right = !this.rows.has(word) && !mended.has(word) && this.mend(word);
      if (right) mended.set(word, right);
    }
    words = words.flatMap((word) => (mended.get(word) ?? word).split(" "));
    const strange = words.filter((word) => !this.rows.has(word) && HAS_WORD.test(word));
    if (taught) {
      words = this.assignColours(this.plainWords(this.shorten(words.join(" "))));
      words = this.markDenials(words);
    }
    return { words, mended, unknown: [...new Set(strange)] };
  }

  /** @param {string} text @returns {string[]} */
  plainWords(text) {
    const lower = text.normalize("NFKC").toLowerCase();
    const plain = [...lower].map((mark) => lookUp(this.tables.marks, mark) ?? mark).join("");
    return plain.match(TOKENS) ?? [];
  }

  /** @param {string} word @returns {string | null} The one nearest word, or two run together. */
  mend(word) {
    const { first, second } = this.tables;
    for (const end of ["hair", "haired", "eyes", "eyed"]) {
      const start = word.slice(0, -end.length);
      if (word.endsWith(end) && (first.includes(start) || second.includes(start))) {
        return `${start} ${end}`;
      }
    }
    if (this.others.has(word)) return null;
    const limit = [...word].length >= 8 ? 2 : 1;
    for (const names of [first, second]) {
      const edits = names.map((name) => distance(word, name, limit));
      const least = Math.min(limit + 1, ...edits);
      const near = names.filter((_, i) => edits[i] === least);
      if (least <= limit) return near.length === 1 ? near[0] : null;
    }
    return null;
  }

  /** @param {string[]} words @returns {string[]} With what each colour belongs to. */
  assignColours(words) {
    return this.nameBareColours(this.nameTwoColours(this.withoutAccessoriesColours(words)));
  }

  /** @param {string[]} words @returns {string[]} Without the colours of things in the hair. */
  withoutAccessoriesColours(words) {
    /** @type {string[]} */
    const kept = [];
    for (const word of words) {
      if (kept.at(-1) === "hair" && this.inHair.test(word)) {
        kept.pop();
        while (this.tables.colour_words.includes(kept.at(-1) ?? "")) kept.pop();
        kept.push("hair");
      }
      kept.push(word);
    }
    return kept;
  }

  /** @param {string[]} given @returns {string[]} *pink and blue hair* is *multicolored pink hair*. */
  nameTwoColours(given) {
    const { colour_words, copulas, slots, two_coloured } = this.tables;
    const words = [...given];
    for (let place = words.lastIndexOf("and"); place >= 0; place--) {
      if (words[place] !== "and") continue;
      let [first, last] = [place, place + 1];
      while (colour_words.includes(words[first - 1])) first--;
      while (colour_words.includes(words[last])) last++;
      const before = words.slice(0, first).slice(-2).filter((word) => !copulas.includes(word));
      const [of, behind] = [before.at(-1), words[last]].map((word) => lookUp(slots, word ?? ""));
      const slot = of ?? behind;
      if (first === place || last === place + 1 || !slot || (of && behind)) continue;
      words.splice(first, last - first, two_coloured[slot], ...words.slice(first, place));
    }
    return words;
  }

  /** @param {string[]} words @returns {string[]} *gold, teal* is *gold hair, teal eyes*. */
  nameBareColours(words) {
    const colours = words.join(" ").replace(/ \.$/, "").split(/ (?:,|and) /);
    const areColours = colours.every((colour) => {
      const parts = colour.split(" ");
      const name = parts.pop() ?? "";
      const { bare_colours, shades } = this.tables;
      return bare_colours.includes(name) && parts.every((part) => shades.includes(part));
    });
    if (!areColours || colours.length > 2) return words;
    return [`${colours[0]} hair`, ...colours.slice(1).map((colour) => `${colour} eyes`)]
      .join(" , ")
      .split(" ");
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
      else if (left) {
        left--;
        return this.rows.has(mark + word) ? mark + word : word;
      }
      return word;
    });
  }

  /** @param {string} text Tokens. @returns {string} What a long list of tags says of a face. */
  shorten(text) {
    const tags = text.split(",").filter((tag) => tag.trim());
    const { long, short_tag } = this.tables;
    if (tags.length < long || split(text).length > short_tag * tags.length) return text;
    /** @type {Facts} */
    const facts = new Map();
    const stated = new Set(); // attributes
    for (const tag of tags) {
      const plain = split(tag.toLowerCase()).join(" ");
      const said = this.facts.includes(plain) ? new Map([[plain, true]]) : this.readTag(tag);
      for (const [name, isStated] of said ?? []) {
        const attribute = this.attributes.get(name) ?? name;
        if (facts.has(name) || (isStated && stated.has(attribute))) continue;
        facts.set(name, isStated);
        if (isStated) stated.add(attribute);
      }
    }
    const colours = Object.values(this.tables.colours).flat().filter((name) => facts.has(name));
    const names = [...new Set([...colours, ...facts.keys()])];
    return names.map((name) => (facts.get(name) ? name : `no ${name}`)).join(", ") || text;
  }

  /** @param {string} tag @returns {Facts | null} What it states or denies, if it is understood. */
  readTag(tag) {
    const words = this.plainWords(tag).filter((word) => /^[\p{L}\p{N}]+$/u.test(word));
    for (const denial of this.tables.tag_denials) {
      if (denial.every((word, i) => words[i] === word)) {
        const found = this.readWords(words.slice(denial.length));
        return found && new Map([...found.keys()].map((name) => [name, false]));
      }
    }
    return this.readWords(words);
  }

  /** @param {string[]} said @returns {Facts | null} */
  readWords(said) {
    const { fillers, tag_values, persons, slots } = this.tables;
    const words = said.filter((word) => !fillers.includes(word));
    const value = lookUp(tag_values, words.join(" "));
    if (value) return new Map([[value, true]]);
    for (let i = 1; i < words.length; i++) {
      const name = lookUp(tag_values, words.slice(i).join(" "));
      const found = name && this.readColoured(name, words.slice(0, i));
      if (found) return found;
    }
    const last = words.at(-1);
    if (last === undefined) return null;
    const colour = persons.includes(last) && this.readColour(words, "hair");
    if (colour) return new Map([[`${colour} hair`, true]]); // strawberry blonde
    const slot = lookUp(slots, last);
    const inside = said.slice(said.indexOf(words[0]));
    const joined = inside.every((word) => word === "and" || !fillers.includes(word));
    return slot && joined ? this.readPart(words.slice(0, -1), slot) : null;
  }

  /** @param {string} name @param {string[]} words Before it. @returns {Facts | null} */
  readColoured(name, words) {
    const attribute = this.attributes.get(name) ?? "";
    if (attribute in this.tables.colours) return null; // persons named by their hair
    const colour = this.readColour(words, "hair");
    const isPerson = attribute === "person";
    if (isPerson || this.tables.hairstyles.includes(attribute)) {
      const fits = colour && (!isPerson || this.tables.persons.includes(words.at(-1) ?? ""));
      return fits ? new Map([[name, true], [`${colour} hair`, true]]) : null;
    }
    return colour || this.readColour(words, "eyes") ? new Map([[name, true]]) : null;
  }

  /** @param {string[]} words Before the slot. @param {string} slot @returns {Facts | null} */
  readPart(words, slot) {
    const values = this.tables.adjectives[slot];
    const [names, rest] = [/** @type {string[]} */ ([]), /** @type {string[]} */ ([])];
    for (let i = 0, length = 0; i < words.length; i += length || 1) {
      const start = i;
      const known = (/** @type {number} */ n) =>
        start + n <= words.length && lookUp(values, words.slice(start, start + n).join(" "));
      length = [3, 2, 1].find(known) ?? 0;
      if (length) names.push(values[words.slice(i, i + length).join(" ")]);
      else rest.push(words[i]);
    }
    if (rest.length) {
      const colour = this.readColour(rest, slot);
      if (!colour) return null;
      names.push(`${colour} ${slot}`);
    }
    const facts = new Map(names.map((name) => [name, true]));
    const attributes = new Set([...facts.keys()].map((name) => this.attributes.get(name)));
    return facts.size && attributes.size === facts.size ? facts : null;
  }

  /** @param {string[]} words @param {string} slot @returns {string | undefined} Their colour. */
  readColour(words, slot) {
    const colour = lookUp(this.tables.colour_names[slot], words.at(-1) ?? "");
    const known = colour && this.tables.colour_parts[slot][colour];
    return known && words.every((word) => known.includes(word)) ? colour : undefined;
  }
}

/** @param {string} text @returns {string} Without what image generators read in prompts. */
const stripWeights = (text) =>
  text.replace(MODEL_TAG, " ").replace(WEIGHT, "").replace(BRACKETS, " ");

/**
 * Count the edits between two words (Damerau-Levenshtein: letters added, missing, wrong, swapped).
 *
 * @param {string} from
 * @param {string} to
 * @param {number} limit Counts above it are not exact.
 */
export function distance(from, to, limit) {
  const [a, b] = [[...from], [...to]];
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  // As in Lowrance & Wagner 1975: row and column 0 hold a number that is never least.
  const never = a.length + b.length;
  const edits = Array.from({ length: a.length + 2 }, (_, i) => [never, Math.max(i - 1, 0)]);
  for (let j = 0; j <= b.length; j++) [edits[0][j + 1], edits[1][j + 1]] = [never, j];
  /** @type {Map<string, number>} letter -> the last row with it */
  const rows = new Map();
  for (let i = 1; i <= a.length; i++) {
    let column = 0; // the last one with the letter of this row
    for (let j = 1; j <= b.length; j++) {
      const row = rows.get(b[j - 1]) ?? 0;
      const same = a[i - 1] === b[j - 1];
      const swapped = edits[row][column] + (i - row - 1) + 1 + (j - column - 1);
      const wrong = edits[i][j] + (same ? 0 : 1);
      edits[i + 1][j + 1] = Math.min(wrong, edits[i + 1][j] + 1, edits[i][j + 1] + 1, swapped);
      if (same) column = j;
    }
    rows.set(a[i - 1], i);
  }
  return edits[a.length + 1][b.length + 1];
}
