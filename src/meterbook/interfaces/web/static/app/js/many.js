// Ticked rows of a list: the box at the head ticks the page, the dialog says how many are ticked.

const head = document.querySelector("[data-tick-all]");
const boxes = () => [...document.querySelectorAll("td.tick input[type=checkbox]")];

function draw() {
  const all = boxes();
  const ticked = all.filter((box) => box.checked).length;
  all.forEach((box) => box.closest("tr").classList.toggle("is-picked", box.checked));
  document.querySelectorAll("[data-ticked]").forEach((place) => { place.textContent = ticked; });
  if (!head) return;
  head.checked = ticked > 0 && ticked === all.length;
  head.indeterminate = ticked > 0 && ticked < all.length;
}

head?.addEventListener("change", () => {
  boxes().forEach((box) => { box.checked = head.checked; });
  draw();
});
document.addEventListener("change", (event) => {
  if (event.target instanceof Element && event.target.matches("td.tick input")) draw();
});
// A page the browser has kept comes back with its boxes as they were.
window.addEventListener("pageshow", draw);
draw();
