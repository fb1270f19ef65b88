// The one search (F2). While typing: a list of hits below the box. Enter without a choice: the search page,
// which opens a single hit at once. Works as a plain form when this script does not run.
import { Choices } from "./choices.js";

const WAIT_MS = 180;

function watch(form) {
  const input = form.querySelector("input[name=q]");
  const choices = new Choices(input, form.querySelector("[role=listbox]"));
  let timer = 0;
  let running = null;

  async function look() {
    const text = input.value.trim();
    running?.abort();
    if (!text) return choices.clear();
    running = new AbortController();
    const address = new URL(form.action);
    for (const [name, value] of new FormData(form)) address.searchParams.set(name, value);
    address.searchParams.set("q", text);
    try {
      const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" }, signal: running.signal });
      if (answer.status === 401) return document.dispatchEvent(new CustomEvent("shell:open", { detail: "logged-out" }));
      if (!answer.ok || input.value.trim() !== text) return undefined;
      choices.list.innerHTML = await answer.text();
      choices.show();
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
    return undefined;
  }

  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(look, WAIT_MS);
  });
  input.addEventListener("compositionend", () => { timer = setTimeout(look, WAIT_MS); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") choices.clear();
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    running?.abort();
    if (!input.value.trim()) event.preventDefault();
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) choices.clear();
  });
}

document.querySelectorAll("form[data-search]").forEach(watch);
