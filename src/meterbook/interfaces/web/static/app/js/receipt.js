// Prints a receipt once after the act that asked for it. The mark leaves the address, and the browser remembers
// the copy, so that neither reload nor Back prints it again.
const page = document.querySelector("[data-print-now]");
if (page) {
  const key = `printed-${page.dataset.printNow}`;
  history.replaceState(null, "", location.pathname);
  if (!sessionStorage.getItem(key)) {
    sessionStorage.setItem(key, "1");
    addEventListener("load", () => window.print(), { once: true });
    if (document.readyState === "complete") window.print();
  }
}
document.getElementById("find")?.focus();
