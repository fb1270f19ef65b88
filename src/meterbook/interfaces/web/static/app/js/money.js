// Money in the browser is whole minor units too; no float ever holds an amount. These figures are previews:
// the server owns the sums.

// "1,234.5" -> 123450; null for anything that is not exactly an amount.
export function parse(text) {
  const plain = text.normalize("NFKC").replace(/[\s,]/g, "");
  const match = /^(-?)(\d{1,13})(?:\.(\d{0,2}))?$/.exec(plain);
  if (!match) return null;
  const size = Number(match[2]) * 100 + Number((match[3] ?? "").padEnd(2, "0"));
  return match[1] ? -size : size;
}

// 123450 -> "1,234.50"
export function format(cents, { grouping = true } = {}) {
  const digits = String(Math.abs(cents)).padStart(3, "0");
  const whole = digits.slice(0, -2);
  const grouped = grouping ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return `${cents < 0 ? "-" : ""}${grouped}.${digits.slice(-2)}`;
}
