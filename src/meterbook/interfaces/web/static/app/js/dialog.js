// Dialogs and toasts. data-opens="id" opens a <dialog>, data-closes closes the one around it, a click on the
// backdrop closes it. `toast(text)` says something that needs no answer.
import { controls, labelOf } from "./keys.js";

export function open(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  if (id === "all-keys") listKeys(dialog);
  dialog.showModal();
  // The browser would choose the cross that closes; a person opened it to type or choose.
  dialog.querySelector("[autofocus], .body :is(a, button, input:not([type=hidden]), select, textarea)")?.focus();
  dialog.dispatchEvent(new CustomEvent("shell:opened"));
}

export function toast(text) {
  const box = document.getElementById("toasts");
  const line = document.createElement("div");
  line.className = "toast";
  line.textContent = text;
  box.append(line);
  setTimeout(() => line.remove(), 6000);
}

function listKeys(dialog) {
  const rows = controls(document).flatMap((element) => {
    const term = document.createElement("dt");
    const kbd = document.createElement("kbd");
    kbd.textContent = element.dataset.key.replace("Control", "Ctrl").replaceAll("+", " ");
    term.append(kbd);
    const said = document.createElement("dd");
    said.textContent = labelOf(element);
    return [term, said];
  });
  dialog.querySelector("[data-all-keys]").replaceChildren(...rows);
}

document.addEventListener("shell:open", (event) => open(event.detail));

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target) return;
  const opener = target.closest("[data-opens]");
  if (opener) open(opener.dataset.opens);
  if (target.closest("[data-closes]")) target.closest("dialog")?.close();
  if (target instanceof HTMLDialogElement && target.open) target.close();
  if (target.closest("[data-toast-close]")) target.closest("[data-toast]").remove();
  if (target.closest("[data-print]")) window.print();
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (!menu.contains(target) || target.closest("[data-opens]")) menu.open = false;
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details[data-menu][open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
