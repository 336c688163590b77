/** Menus of what a model can draw: colours as swatches, the rest as lists. */

import { addTags } from "./text.js";

const SWATCHES = ".menus button";

/**
 * Call a function with the text that results from each choice in a menu.
 *
 * @param {any} form Its first field has the text.
 * @param {Record<string, string>} said Attribute -> pattern of the words for it.
 * @param {(text: string) => void} act
 */
export function useMenus(form, said, act) {
  const choose = (/** @type {any} */ { target: { ariaPressed, name, value } }) =>
    act(changeText(form.elements[0].value, said[name], ariaPressed === "true" ? "" : value));
  for (const button of form.querySelectorAll(SWATCHES)) button.addEventListener("click", choose);
  for (const list of form.querySelectorAll("select")) list.addEventListener("change", choose);
}

/** @param {any} form @param {string[]} facts What its text states, to be shown in the menus. */
export function markMenus(form, facts) {
  for (const button of form.querySelectorAll(SWATCHES)) {
    button.ariaPressed = String(facts.includes(button.value));
  }
  for (const option of form.querySelectorAll("option")) {
    option.selected = facts.includes(option.value); // else the first is, which is any
  }
}

/**
 * Return a text that says another value of an attribute, in the place of the former one.
 *
 * @param {string} text
 * @param {string} said Pattern of the words for the attribute.
 * @param {string} value Empty for none.
 */
export function changeText(text, said, value) {
  const [start, ...rest] = text.split(new RegExp(said, "iu"));
  const tidy = [start, ...(rest.length ? [value, ...rest] : [])] // in the first place only
    .join("")
    .replace(/\s*,(\s*,)+/g, ",")
    .replace(/^[\s,]+|[\s,]+$/g, "")
    .replace(/\s+/g, " ");
  return addTags(tidy, value && !rest.length ? [value] : []);
}
