// One registry of keys. A page marks its controls: data-key="F9" (also "Alt+1", "Control+K"), and the key
// presses the button, follows the link or focuses the field. data-key-label names it in the list of all
// keys, else its own text does. Nothing is taken while an input method composes, and single characters
// only outside of fields. While a dialog is open only the keys inside it work.

const TYPING = "input:not([type=checkbox],[type=radio],[type=button],[type=submit]), textarea, select, [contenteditable=true]";

export function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}

export function isTyping(element) {
  return element instanceof Element && element.matches(TYPING);
}

// "Alt+1", "Control+K", "F9": by the key's place for digits, so that layouts and input methods don't matter.
export function nameOf(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  const letter = /^Key([A-Z])$/.exec(event.code);
  const base = event.altKey && digit ? digit[1] : (event.ctrlKey || event.metaKey || event.altKey) && letter ? letter[1] : event.key;
  const held = [];
  if (event.ctrlKey || event.metaKey) held.push("Control");
  if (event.altKey) held.push("Alt");
  if (event.shiftKey && base.length > 1) held.push("Shift");
  return [...held, base].join("+");
}

function scope() {
  const open = [...document.querySelectorAll("dialog[open]")];
  return open.length ? open[open.length - 1] : document;
}

function isThere(element) {
  return !element.disabled && element.getAttribute("aria-disabled") !== "true" && element.getClientRects().length > 0;
}

export function controls(root = scope()) {
  return [...root.querySelectorAll("[data-key]")].filter(isThere);
}

export function labelOf(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd").forEach((kbd) => kbd.remove());
  return copy.textContent.trim() || element.getAttribute("aria-label") || "";
}

function use(element) {
  if (isTyping(element)) {
    element.focus();
    element.select?.();
  } else {
    if (element.dataset.keyFocus !== undefined) element.focus();
    element.click();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || isComposing(event)) return;
  const name = nameOf(event);
  if (name === "?" && !isTyping(document.activeElement) && scope() === document) {
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("shell:open", { detail: "all-keys" }));
    return;
  }
  if (name.length === 1) return;
  const target = controls().find((element) => element.dataset.key === name);
  if (!target) return;
  event.preventDefault();
  use(target);
});
