// A list of meters is filled by the scanner: each code becomes a line of its own, once.
document.addEventListener("scan", (event) => {
  const list = document.querySelector("textarea[data-scan]");
  if (!list) return;
  event.preventDefault();
  const numbers = list.value.split(/\s+/).filter(Boolean);
  if (!numbers.includes(event.detail.code)) numbers.push(event.detail.code);
  list.value = `${numbers.join("\n")}\n`;
  list.dispatchEvent(new Event("input", { bubbles: true }));
});
