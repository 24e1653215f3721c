/** Rows as text in aligned columns: those of `left` (by default the first) to the left, the others to the right. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  left: readonly number[] = [0],
): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) =>
    Math.max(...lines.map((row) => cell(row, column).length)),
  );
  const toText = (row: readonly string[]) =>
    widths
      .map((width, column) => {
        const text = cell(row, column);
        return left.includes(column) ? text.padEnd(width) : text.padStart(width);
      })
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [toText(header), rule, ...rows.map(toText)].map((line) => `  ${line}`).join('\n');
}

function cell(row: readonly string[], column: number): string {
  return row[column] ?? '';
}

/** 1234567 as `1,234,567`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** 12345 as `12.3k`, for what stands beside an exact figure. */
export function thousands(value: number): string {
  return `${(value / 1_000).toFixed(value < 100_000 ? 1 : 0)}k`;
}
