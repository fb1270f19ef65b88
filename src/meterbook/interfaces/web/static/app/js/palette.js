// Ctrl+K: places and acts from the server's table, fetched once; records from the search as one types.
import { Choices } from "./choices.js";

const WAIT_MS = 180;
const MOST = 12;
const dialog = document.getElementById("palette");

function sprite() {
  return document.querySelector("svg.icon use")?.getAttribute("href").split("#")[0] ?? "";
}

function choiceOf(entry, index) {
  const link = document.createElement("a");
  link.className = "choice";
  link.href = entry.url;
  link.id = `choice-${index}`;
  link.tabIndex = -1;
  link.setAttribute("role", "option");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite()}#${entry.icon}`);
  icon.append(use);
  const kind = document.createElement("span");
  kind.className = "muted";
  kind.textContent = entry.kind;
  link.append(icon, entry.label, kind);
  return link;
}

function matches(entry, text) {
  const wanted = text.toLowerCase();
  return [entry.label, ...entry.also].some((word) => word.toLowerCase().includes(wanted));
}

function watch() {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const none = dialog.querySelector("[data-none]");
  const choices = new Choices(input, list);
  let known = null;
  let found = { text: "", hits: [] };
  let timer = 0;

  async function fetchOnce() {
    if (known) return;
    const answer = await fetch(dialog.dataset.source, { headers: { "X-Requested-With": "fetch" } });
    known = answer.ok ? (await answer.json()).choices : [];
    if (answer.status === 401) {
      known = null;
      dialog.close();
      document.dispatchEvent(new CustomEvent("shell:open", { detail: "logged-out" }));
    }
  }

  function draw() {
    const text = input.value.trim();
    const fitting = (known ?? []).filter((entry) => matches(entry, text)).slice(0, MOST);
    // places may arrive after the records of the same words: neither takes the other away
    const hits = found.text === text ? found.hits : [];
    list.replaceChildren(...fitting.map(choiceOf), ...hits);
    none.hidden = list.childElementCount > 0;
    choices.show({ first: true });
  }

  async function records() {
    const text = input.value.trim();
    if (text.length < 2) return;
    const address = new URL(dialog.dataset.searchSource, location.href);
    address.searchParams.set("q", text);
    const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok || input.value.trim() !== text) return;
    const box = document.createElement("div");
    box.innerHTML = await answer.text();
    found = { text, hits: [...box.querySelectorAll("a[role=option]")] };
    draw();
  }

  dialog.addEventListener("shell:opened", async () => {
    input.value = "";
    await fetchOnce();
    draw();
  });
  input.addEventListener("input", () => {
    draw();
    clearTimeout(timer);
    timer = setTimeout(records, WAIT_MS);
  });
}

if (dialog) watch();
