/** Amounts and quantities are decimal strings and stay strings: a float would change what it shows. */

/** `-1234567.5` as `−1,234,567.5`. What is no decimal stays as it is. */
export function formatAmount(decimal: string): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(decimal);
  if (!match) return decimal;
  const [, sign, whole = '', fraction = ''] = match;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${sign ? '−' : ''}${grouped}${fraction}`;
}

export function formatCount(count: number): string {
  return formatAmount(String(count));
}

/** `1 invoice`, `2 invoices`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** With one decimal where that matters: from a hundred a second on it does not. */
export function formatRate(perSecond: number): string {
  return perSecond >= 100
    ? formatCount(Math.round(perSecond))
    : String(Math.round(perSecond * 10) / 10);
}

export function formatBytes(bytes: number): string {
  return bytes < 1_024
    ? `${formatCount(bytes)} bytes`
    : `${formatCount(Math.round(bytes / 1_024))} KiB`;
}
