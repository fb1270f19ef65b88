// Counting a till: the difference beside each tender while it is typed, and a reason asked for where there is one.
import { format, parse } from "./money.js";

function draw(row) {
  const counted = row.querySelector("input[data-money]");
  const reason = row.querySelector("input[name^=reason]");
  const amount = counted.value.trim() === "" ? null : parse(counted.value);
  const difference = amount === null ? null : amount - Number(row.dataset.expected);
  const place = row.querySelector("[data-difference]");
  place.textContent = difference === null ? "–" : format(difference);
  place.classList.toggle("over", Boolean(difference));
  reason.required = Boolean(difference);
  // Enter passes by a reason that nobody needs.
  reason.tabIndex = difference ? 0 : -1;
}

document.querySelectorAll("tr[data-expected]").forEach((row) => {
  row.addEventListener("input", () => draw(row));
  draw(row);
});
const first = document.querySelector("tr[data-expected] input[data-money]");
first?.focus();
first?.select();
