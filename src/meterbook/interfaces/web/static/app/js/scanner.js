// Keyboard-wedge scanners type fast and end with Enter or Tab. Such a burst is recognised in any field: the
// field gets back what it held before, the Enter presses nothing, and the code goes to the search. It never
// stays in an amount. A page may take the code itself: listen for "scan" and preventDefault().
// Digits and capitals are read from the key's place when an input method has swallowed the character.

// Between two keys, by the time the keys were struck, not handled: a busy page changes nothing.
const FASTEST_TYPIST_MS = 50;
const SHORTEST_CODE = 8;
const END_WAIT_MS = 150;

let code = "";
let lastAt = 0;
let before = null;
let timer = 0;

function characterOf(event) {
  if (event.key.length === 1) return event.key;
  const place = /^(?:Digit|Numpad)(\d)$/.exec(event.code) || /^Key([A-Z])$/.exec(event.code);
  return place ? place[1] : "";
}

function snapshot() {
  const field = document.activeElement;
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement)) {
    return null;
  }
  return { field, value: field.value };
}

function giveBack() {
  if (!before || before.field.value === before.value) return;
  before.field.value = before.value;
  before.field.dispatchEvent(new Event("input", { bubbles: true }));
}

function isAmount(field) {
  return field instanceof HTMLInputElement && (field.dataset.money !== undefined || field.inputMode === "decimal");
}

function announce() {
  const scanned = code;
  const isFind = before?.field.closest("[data-search]");
  clearTimeout(timer);
  giveBack();
  code = "";
  const event = new CustomEvent("scan", { bubbles: true, cancelable: true, detail: { code: scanned } });
  if (!(before?.field ?? document.body).dispatchEvent(event)) return;
  const form = document.querySelector("form[data-search]");
  if (!form) return;
  if (isFind) before.field.value = scanned;
  const address = new URL(form.action);
  for (const [name, value] of new FormData(form)) address.searchParams.set(name, value);
  address.searchParams.set("q", scanned);
  location.assign(address);
}

// A scanner without a suffix: only a burst into an amount is sure not to be a person.
function announceIfInAmount() {
  if (code.length >= SHORTEST_CODE && before && isAmount(before.field)) announce();
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  const now = event.timeStamp;
  const isFast = now - lastAt < FASTEST_TYPIST_MS;
  if ((event.key === "Enter" || event.key === "Tab") && code.length >= SHORTEST_CODE && now - lastAt < END_WAIT_MS) {
    event.preventDefault();
    event.stopImmediatePropagation();
    announce();
    return;
  }
  const character = characterOf(event);
  if (!character) {
    if (event.key !== "Shift" && event.key !== "Process") code = "";
    return;
  }
  if (!isFast) {
    before = snapshot();
    code = "";
  }
  code += character;
  lastAt = now;
  clearTimeout(timer);
  timer = setTimeout(announceIfInAmount, END_WAIT_MS);
}, true);
