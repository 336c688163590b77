/**
 * Menus of what a model can draw: colours as swatches, the rest as lists.
 *
 * @typedef {import("./encoder.js").About} About
 * @typedef {import("./text.js").Tables} Tables
 */

import { addTags } from "./text.js";

/** @type {Record<string, string>} Of hair and eyes, as they are drawn. */
const SWATCHES = {
  ...{ aqua: "#56cfd2", black: "#2b2830", blonde: "#f0d581", blue: "#4573d2", brown: "#80512f" },
  ...{ gray: "#a3a1ab", green: "#57ab5a", orange: "#ee8c3a", pink: "#f39abf", purple: "#9461c9" },
  ...{ red: "#cc4040", white: "#f6f5f9", yellow: "#f0cf45" },
};

/**
 * @param {HTMLElement} place
 * @param {About} about
 * @param {(attribute: string, value: string) => void} choose
 */
export function makeMenus(place, { tables, shown, least, probe }, choose) {
  const known = Object.keys(shown).length > 0;
  const learnt = (/** @type {string} */ name) => !known || (shown[name] ?? 0) >= least;
  for (const [slot, names] of Object.entries(tables.colours)) {
    const swatches = element("div", { className: "swatches" });
    for (const name of names.filter(learnt)) {
      const button = element("button", { type: "button", title: name, value: name });
      button.style.background = SWATCHES[name.split(" ")[0]] ?? "";
      button.setAttribute("aria-label", name);
      button.addEventListener("click", () => {
        choose(slot, button.getAttribute("aria-pressed") === "true" ? "" : name);
      });
      swatches.append(button);
    }
    const legend = element("legend", { textContent: capital(slot) });
    const group = element("fieldset", {});
    group.append(legend, swatches);
    place.append(group);
  }
  const choices = element("div", { className: "choices" });
  for (const [attribute, names] of Object.entries(tables.choices)) {
    const values = names.filter(learnt);
    if (attribute in tables.colours || !known || probe !== "facts" || !values.length) continue;
    const select = element("select", {});
    select.append(new Option("any", ""), ...values.map((name) => new Option(name)));
    select.addEventListener("change", () => choose(attribute, select.value));
    const label = element("label", { textContent: capital(attribute) });
    label.append(select);
    choices.append(label);
  }
  if (choices.childElementCount) place.append(choices);
}

/**
 * Show in the menus what a text states.
 *
 * @param {HTMLElement} place
 * @param {string[]} facts
 */
export function markMenus(place, facts) {
  for (const button of place.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(facts.includes(button.value)));
  }
  for (const select of place.querySelectorAll("select")) {
    select.value = [...select.options].map((o) => o.value).find((v) => facts.includes(v)) ?? "";
  }
}

/**
 * Return a text that says another value of an attribute, in the place of the former one.
 *
 * @param {string} text
 * @param {Tables} tables
 * @param {string} attribute
 * @param {string} value Empty for none.
 */
export function changeText(text, tables, attribute, value) {
  const colours = tables.colour_names[attribute];
  const words = colours
    ? `(?:(?:${Object.keys(colours).join("|")})[ -])+${attribute}`
    : tables.choices[attribute].join("|");
  const letter = "[\\p{L}\\p{N}]"; // none may stand before or behind
  const said = `(?<!${letter})(?:(?:no|not|without) )?(?:${words})(?!${letter})`;
  const pattern = new RegExp(said, "giu");
  let used = !value;
  const changed = text.replace(pattern, () => {
    const instead = used ? "" : value;
    used = true;
    return instead;
  });
  const tidy = changed
    .replace(/\s*,(\s*,)+/g, ",")
    .replace(/^[\s,]+|[\s,]+$/g, "")
    .replace(/\s+/g, " ");
  if (used) return tidy;
  return tidy ? addTags(tidy, [value]) : value;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} properties
 * @returns {HTMLElementTagNameMap[K]}
 */
function element(tag, properties) {
  const made = document.createElement(tag);
  Object.assign(made, properties);
  return made;
}

/** @param {string} text */
const capital = (text) => text[0].toUpperCase() + text.slice(1);
