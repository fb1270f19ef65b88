// A box with a list below it: arrows choose, Enter opens, Escape leaves. Shared by search and palette.
import { isComposing } from "./keys.js";

export class Choices {
  constructor(input, list) {
    this.input = input;
    this.list = list;
    this.at = -1;
    input.addEventListener("keydown", (event) => this.#key(event));
  }

  get items() {
    return [...this.list.querySelectorAll("a[role=option]")];
  }

  show({ first = false } = {}) {
    this.input.setAttribute("aria-expanded", String(this.list.childElementCount > 0));
    this.choose(first && this.items.length ? 0 : -1);
  }

  clear() {
    this.list.replaceChildren();
    this.show();
  }

  choose(index) {
    const items = this.items;
    this.at = items.length ? (index < -1 ? items.length - 1 : index >= items.length ? 0 : index) : -1;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === this.at)));
    const chosen = items[this.at];
    if (chosen) {
      this.input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  #key(event) {
    if (isComposing(event) || event.defaultPrevented) return;
    if (event.key === "ArrowDown" && this.items.length) {
      event.preventDefault();
      this.choose(this.at + 1);
    } else if (event.key === "ArrowUp" && this.items.length) {
      event.preventDefault();
      this.choose(this.at <= 0 ? this.items.length - 1 : this.at - 1);
    } else if (event.key === "Enter" && this.items[this.at]) {
      event.preventDefault();
      this.items[this.at].click();
    }
  }
}
