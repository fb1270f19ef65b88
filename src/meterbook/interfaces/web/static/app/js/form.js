// Forms. data-once: sent once, further presses do nothing. data-enter-next: Enter goes to the next field and
// only sends from the last. data-guard: leaving with unsaved changes asks first. data-autosend: a filter that
// applies itself when a choice changes. A page that is one guarded form begins in it.
import { isComposing } from "./keys.js";

function csrfCookie() {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1];
}

const sent = new WeakSet();
const changed = new Set();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form.dataset.once !== undefined) {
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    form.classList.add("is-sent");
    form.setAttribute("aria-busy", "true");
  }
  // A log-in in another tab makes a new token: send the one that is valid now.
  const token = form.querySelector("input[name=csrfmiddlewaretoken]");
  if (token && csrfCookie()) token.value = csrfCookie();
  changed.delete(form);
});

// Back to a page whose form was sent: load it anew, so that it shows what is true now.
window.addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("form.is-sent")) location.reload();
});

function fieldsOf(form) {
  return [...form.elements].filter(
    (field) => field.matches("input:not([type=hidden]), select, textarea") && !field.disabled && field.tabIndex >= 0,
  );
}

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || event.defaultPrevented || isComposing(event)) return;
  const form = field instanceof Element ? field.closest("form[data-enter-next]") : null;
  if (!form || !field.matches("input, select") || event.ctrlKey) return;
  const fields = fieldsOf(form);
  const next = fields[fields.indexOf(field) + 1];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.select?.();
});

// At the first wrong field, else at the first one, so that a clerk types at once instead of walking past the menu.
// Not on phones, whose keyboard would cover the page, and not where a page says itself where it begins.
function begin() {
  const forms = document.querySelectorAll("main form[data-guard]:not([data-enter-next])");
  if (forms.length !== 1 || document.querySelector("main [autofocus]") || matchMedia("(max-width: 760px)").matches) return;
  const wrong = forms[0].querySelector("[aria-invalid=true]");
  const field = wrong ?? fieldsOf(forms[0])[0];
  if (field && (wrong || field.getBoundingClientRect().bottom < innerHeight)) field.focus();
}

begin();

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-guard]");
  if (form) changed.add(form);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-autosend]");
  if (form && event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) form.requestSubmit();
});

window.addEventListener("beforeunload", (event) => {
  if (changed.size) event.preventDefault();
});
