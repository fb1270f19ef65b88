// Ticked rows of a list: the box at the head ticks the page, the dialog says how many are ticked and begins
// with them, or with the page where nothing is ticked.

const head = document.querySelector("[data-tick-all]");
const which = (value) => document.querySelector(`#change-many input[name=which][value=${value}]`);
let isChosen = false;
const boxes = () => [...document.querySelectorAll("td.tick input[type=checkbox]")];

function draw() {
  const all = boxes();
  const ticked = all.filter((box) => box.checked).length;
  all.forEach((box) => box.closest("tr").classList.toggle("is-picked", box.checked));
  document.querySelectorAll("[data-ticked]").forEach((place) => { place.textContent = ticked; });
  offer(ticked);
  if (!head) return;
  head.checked = ticked > 0 && ticked === all.length;
  head.indeterminate = ticked > 0 && ticked < all.length;
}

function offer(ticked) {
  if (!which("ticked")) return;
  which("ticked").disabled = !ticked;
  if (!ticked && which("ticked").checked) which("page").checked = true;
  if (ticked && !isChosen) which("ticked").checked = true;
}

head?.addEventListener("change", () => {
  boxes().forEach((box) => { box.checked = head.checked; });
  draw();
});
document.addEventListener("change", (event) => {
  if (!(event.target instanceof Element)) return;
  if (event.target.matches("td.tick input")) draw();
  if (event.target.matches("#change-many input[name=which]")) isChosen = true;
});
// A page the browser has kept comes back with its boxes as they were.
window.addEventListener("pageshow", draw);
draw();
