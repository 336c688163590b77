/** Menus of what a model can draw: colours as swatches, the rest as lists. */

import { addTags } from "./text.js";

/**
 * Call a function with the text that results from each choice in a menu.
 *
 * @param {HTMLElement} menus
 * @param {HTMLInputElement} input Has the text.
 * @param {Record<string, string>} said Attribute -> pattern of the words for it.
 * @param {(text: string) => void} act
 */
export function useMenus(menus, input, said, act) {
  const choose = (/** @type {Event} */ { type, target }) => {
    const isButton = target instanceof HTMLButtonElement;
    if (!isButton && !(target instanceof HTMLSelectElement && type === "change")) return;
    const isChosen = isButton && target.getAttribute("aria-pressed") === "true";
    act(changeText(input.value, said[target.name], isChosen ? "" : target.value));
  };
  menus.addEventListener("click", choose);
  menus.addEventListener("change", choose);
}

/** @param {HTMLElement} menus @param {string[]} facts What a text states, to be shown in them. */
export function markMenus(menus, facts) {
  for (const button of menus.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(facts.includes(button.value)));
  }
  for (const select of menus.querySelectorAll("select")) {
    select.value = [...select.options].map((o) => o.value).find((v) => facts.includes(v)) ?? "";
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
  const letter = "[\\p{L}\\p{N}]"; // none may stand before or behind
  const words = `(?:(?:no|not|without) )?(?:${said})`;
  let word = value;
  const changed = text.replace(new RegExp(`(?<!${letter})${words}(?!${letter})`, "giu"), () => {
    const instead = word;
    word = ""; // the first place only
    return instead;
  });
  const tidy = changed
    .replace(/\s*,(\s*,)+/g, ",")
    .replace(/^[\s,]+|[\s,]+$/g, "")
    .replace(/\s+/g, " ");
  return addTags(tidy, word ? [word] : []);
}
