// The till's preview: what the chosen bills, the balance and the amount come to. Whole minor units; the server
// adds up everything again and refuses when it finds other figures. Without this script the form just works.
import { format, parse } from "./money.js";

const CASH = "1";
const form = document.getElementById("pay");
const rows = [...document.querySelectorAll("tr[data-bill]")];
const all = document.getElementById("choose-all");

const boxOf = (row) => row.querySelector("input[type=checkbox]");
const say = (name, text) => document.querySelectorAll(`[data-out="${name}"]`).forEach((place) => { place.textContent = text; });

function figures() {
  const chosen = rows.filter((row) => boxOf(row).checked);
  const due = chosen.reduce((sum, row) => sum + Number(row.dataset.open), 0);
  const balance = form.elements.use_prepaid?.checked ? Number(form.dataset.prepaid) : 0;
  const prepaid = Math.max(0, Math.min(due, balance));
  const toPay = due - prepaid;
  const typed = form.elements.tendered.value.trim();
  const tendered = typed === "" ? toPay : parse(typed);
  return { chosen, due, prepaid, toPay, tendered, isCash: form.elements.tender.value === CASH };
}

function keepOf({ chosen, over, isCash }) {
  const keep = form.elements.keep_change;
  if (keep.type !== "checkbox") return true;
  // Only cash gives change, and money without a bill can only be kept.
  const must = chosen.length === 0 || (!isCash && over > 0);
  if (must && !keep.checked) {
    keep.checked = true;
    keep.dataset.byScript = "";
  } else if (!must && keep.dataset.byScript !== undefined) {
    keep.checked = false;
    delete keep.dataset.byScript;
  }
  return keep.checked;
}

function draw() {
  const found = figures();
  const { chosen, due, prepaid, toPay, tendered } = found;
  rows.forEach((row) => row.classList.toggle("is-picked", chosen.includes(row)));
  if (all) {
    all.checked = chosen.length === rows.length;
    all.indeterminate = chosen.length > 0 && chosen.length < rows.length;
  }
  const over = tendered === null ? 0 : tendered - toPay;
  const isKept = keepOf({ ...found, over });
  say("count", chosen.length);
  say("due", format(due));
  say("prepaid", format(prepaid));
  say("to-pay", format(toPay));
  form.elements.tendered.placeholder = format(toPay, { grouping: false });
  form.elements.tendered.setAttribute("aria-invalid", String(tendered === null || tendered < 0));
  const word = over < 0 ? "short" : isKept ? "kept" : "change";
  say("change-word", form.dataset[`word${word[0].toUpperCase()}${word.slice(1)}`]);
  say("change", format(Math.abs(over)));
  document.querySelector("[data-change]")?.classList.toggle("is-short", over < 0);
  document.querySelectorAll("[data-not-cash]").forEach((place) => { place.hidden = found.isCash; });
  document.getElementById("take").disabled = tendered === null || tendered < 0 || tendered + prepaid === 0;
}

if (form) {
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      rows.forEach((row) => { boxOf(row).checked = all.checked; });
      draw();
    });
  }
  form.elements.keep_change.addEventListener?.("change", (event) => { delete event.target.dataset.byScript; });
  rows.forEach((row) => boxOf(row).addEventListener("change", draw));
  form.addEventListener("input", draw);
  form.addEventListener("change", draw);
  // Enter in the amount takes the payment only after the figures were seen: it goes to the button first.
  form.elements.tendered.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    document.getElementById("take").focus();
  });
  draw();
  if (!document.activeElement || document.activeElement === document.body) {
    (rows[0] ?? form.elements.tendered).focus();
  }
}
