// The keyed page. Enter and the arrows move between the boxes; leaving a changed box saves its row. The usage
// is previewed while typing; the server alone decides. A doubtful value keeps the Enter once: a second look.
// Nothing typed is lost: a row that could not be saved is marked, and sent again when the connection is back.
import { isComposing } from "./keys.js";

const form = document.querySelector("form[data-keyed]");
const said = form.querySelector("[data-said]");
const pending = new Map(); // row id -> the text being sent
const waiting = new Set(); // row ids that could not be sent

const boxes = () => [...form.querySelectorAll("input[data-value]")];
const rowOf = (box) => box.closest("tr");
const hidden = (row, kind) => row.querySelector(`input[name="${kind}_${row.dataset.entry}"]`);

// Thousandths of the unit, or null for what is not a plain number. Full-width digits count.
function milli(text) {
  const plain = text.replace(/[０-９．]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0)).trim();
  const match = /^(\d{1,12})(?:\.(\d{1,3}))?$/.exec(plain.replaceAll(",", ""));
  return match ? Number(match[1]) * 1000 + Number((match[2] ?? "").padEnd(3, "0")) : null;
}

function usageOf(row, value) {
  const { previous, multiplier, capacity } = row.dataset;
  if (value === null || value >= Number(capacity)) return null;
  const steps = value - Number(previous);
  return Math.round(((steps < 0 ? steps + Number(capacity) : steps) * Number(multiplier)) / 1000);
}

const written = (quantity) => (quantity / 1000).toLocaleString("en-US", { maximumFractionDigits: 3 });

function preview(box) {
  const row = rowOf(box);
  const cell = row.querySelector("[data-usage]");
  const usage = usageOf(row, milli(box.value));
  cell.textContent = usage === null ? "–" : written(usage);
  cell.classList.add("is-preview");
  const isDoubtful = box.value.trim() !== "" && (usage === null || usage > Number(row.dataset.high) || usage === 0);
  row.classList.toggle("is-doubtful", isDoubtful);
  return isDoubtful;
}

function say(text) {
  said.textContent = text;
  said.hidden = !text;
}

function isChanged(box) {
  return box.value.trim() !== hidden(rowOf(box), "before").value;
}

function body(row) {
  const data = new URLSearchParams();
  const token = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  data.set("csrfmiddlewaretoken", token ?? form.elements.csrfmiddlewaretoken.value);
  data.set("read_on", form.querySelector("[data-read-on]").value);
  for (const field of row.querySelectorAll("input[name]")) data.set(field.name, field.value.trim());
  return data;
}

function keep(row, text) {
  waiting.add(row.id);
  row.classList.add("is-unsaved");
  const state = row.querySelector("[data-state]");
  state.textContent = form.dataset.unsaved;
  say(text);
}

function show(row, answer) {
  const page = new DOMParser().parseFromString(answer, "text/html");
  const fresh = page.querySelector("tr");
  const progress = page.getElementById("round-progress");
  if (progress) document.getElementById("round-progress").replaceWith(progress);
  if (!fresh) return;
  const old = row.querySelector("input[data-value]");
  const box = fresh.querySelector("input[data-value]");
  const isTypedSince = box && old.value.trim() !== pending.get(row.id);
  const isFocused = document.activeElement === old;
  if (isTypedSince) box.value = old.value;
  row.replaceWith(fresh);
  if (isTypedSince) preview(box);
  if (isFocused && box) box.focus();
}

async function save(box) {
  const row = rowOf(box);
  if (!isChanged(box) || pending.has(row.id)) return;
  pending.set(row.id, box.value.trim());
  try {
    const answer = await fetch(`${location.pathname}entries/${row.dataset.entry}`, {
      method: "POST",
      body: body(row),
      headers: { "X-Requested-With": "fetch" },
      redirect: "error",
    });
    if (answer.status === 401 || answer.status === 403) {
      keep(row, form.dataset.ended);
    } else if (answer.ok || answer.status === 422) {
      waiting.delete(row.id);
      if (!waiting.size) say("");
      show(row, await answer.text());
    } else {
      keep(row, form.dataset.lost);
    }
  } catch {
    keep(row, form.dataset.lost);
  } finally {
    pending.delete(row.id);
  }
  const now = document.getElementById(row.id)?.querySelector("input[data-value]");
  if (now && document.activeElement !== now && isChanged(now) && !now.matches("[aria-invalid]") && !waiting.has(row.id)) save(now);
}

function retry() {
  for (const id of [...waiting]) {
    const box = document.getElementById(id)?.querySelector("input[data-value]");
    if (box) save(box);
  }
}

function move(box, by) {
  const all = boxes();
  const next = all[all.indexOf(box) + by];
  if (!next) return;
  next.focus();
  next.select();
  next.scrollIntoView({ block: "nearest" });
}

form.addEventListener("keydown", (event) => {
  const box = event.target;
  if (!box.matches?.("input[data-value]") || event.defaultPrevented || isComposing(event)) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    move(box, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    event.preventDefault();
    const row = rowOf(box);
    if (isChanged(box) && preview(box) && row.dataset.last !== box.value) {
      row.dataset.last = box.value;
      row.querySelector("[data-state]").textContent = form.dataset.look;
      box.select();
      return;
    }
    if (boxes().at(-1) === box) save(box);
    else move(box, 1);
  } else if (event.key === "Escape") {
    box.value = hidden(rowOf(box), "before").value;
    preview(box);
    box.select();
  }
});

form.addEventListener("input", (event) => {
  if (event.target.matches("input[data-value]")) preview(event.target);
});
form.addEventListener("focusout", (event) => {
  if (event.target.matches("input[data-value]")) save(event.target);
});
form.addEventListener("focusin", (event) => {
  if (event.target.matches("input[data-value]")) event.target.select();
});
window.addEventListener("online", retry);
setInterval(retry, 15000);
window.addEventListener("beforeunload", (event) => {
  if (!form.classList.contains("is-going") && (waiting.size || pending.size)) event.preventDefault();
});
form.addEventListener("submit", () => form.classList.add("is-going"));

// Begin at the first box that waits for something.
const first = form.querySelector("tr.is-wrong input[data-value]") ?? boxes().find((box) => !box.value) ?? boxes()[0];
if (document.activeElement === document.body) first?.focus();
