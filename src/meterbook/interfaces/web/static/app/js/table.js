// Tables of records (table[data-rows]): arrows move between rows, Enter opens the row (tr[data-href]),
// Home and End jump, a click anywhere in the row opens it too. Page Up and Page Down turn the list's pages.
// Rows of a form (no data-href) still move; Space ticks the row's box.

function rowsOf(table) {
  return [...table.tBodies].flatMap((body) => [...body.rows]);
}

function go(table, index) {
  const rows = rowsOf(table);
  if (!rows.length) return;
  const at = Math.max(0, Math.min(rows.length - 1, index));
  rows.forEach((row, i) => { row.tabIndex = i === at ? 0 : -1; });
  rows[at].focus();
  rows[at].scrollIntoView({ block: "nearest" });
}

function prepare(table) {
  rowsOf(table).forEach((row, i) => { row.tabIndex = i === 0 ? 0 : -1; });
}

function openRow(row, event) {
  if (!row.dataset.href) return;
  if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
  else location.assign(row.dataset.href);
}

document.addEventListener("keydown", (event) => {
  const row = event.target instanceof HTMLTableRowElement ? event.target : null;
  const table = row?.closest("table[data-rows]");
  if (!table) return;
  const rows = rowsOf(table);
  const at = rows.indexOf(row);
  const box = row.querySelector("input[type=checkbox]");
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
  if (event.key in moves) go(table, moves[event.key]);
  else if (event.key === "Enter") openRow(row, event);
  else if (event.key === " " && box) box.click();
  else if (event.key === "PageDown") document.querySelector("a[data-page=next]")?.click();
  else if (event.key === "PageUp") document.querySelector("a[data-page=previous]")?.click();
  else return;
  event.preventDefault();
});

// From anywhere that isn't a field, arrow down enters the page's first list.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.key !== "ArrowDown") return;
  if (document.activeElement !== document.body && document.activeElement?.id !== "main") return;
  const table = document.querySelector("table[data-rows]");
  if (!table) return;
  event.preventDefault();
  go(table, 0);
});

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const row = target?.closest("table[data-rows] tr[data-href]");
  if (!row || target.closest("a, button, input, label, select") || getSelection().toString()) return;
  openRow(row, event);
});

document.querySelectorAll("table[data-rows]").forEach(prepare);
document.addEventListener("htmx:after:swap", () => document.querySelectorAll("table[data-rows]").forEach(prepare));

// A table that is wider than its frame can be scrolled with the keyboard too, and so can a long page on which
// nothing takes the focus.
const FOCUSABLE = "a[href], button, input, select, textarea, [tabindex='0']";
function letScroll() {
  document.querySelectorAll(".table-frame").forEach((frame) => {
    const isWide = frame.scrollWidth > frame.clientWidth || frame.scrollHeight > frame.clientHeight;
    if (isWide) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  });
  const main = document.querySelector("main.main");
  if (main) main.tabIndex = main.scrollHeight > main.clientHeight && !main.querySelector(FOCUSABLE) ? 0 : -1;
}

letScroll();
window.addEventListener("resize", letScroll);
