import type { InvoiceLine } from '#shared/contracts/invoices.ts';
import { formatMicros } from '#shared/domain/money.ts';

/** A line as the hash is over it: with amounts in micro-units and, where it is metered, the tree of its events. */
export type FrozenLine = Readonly<Record<string, unknown>>;

/** Undefined where the text has no lines. */
export function parseFrozenLines(text: string): readonly FrozenLine[] | undefined {
  try {
    const lines: unknown = JSON.parse(text);
    return Array.isArray(lines) && lines.every(isObject) ? lines : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is FrozenLine {
  return typeof value === 'object' && value !== null;
}

const PLAIN = ['kind', 'day', 'meter', 'source', 'events', 'from', 'description'];
const DECIMALS = ['quantity', 'amount', 'paid'];

/** The name of what a line that is shown says otherwise than the frozen one; undefined where they say the same. */
export function differenceOf(frozen: FrozenLine, shown: InvoiceLine): string | undefined {
  const said: FrozenLine = { ...shown };
  return (
    PLAIN.find((name) => frozen[name] !== said[name]) ??
    DECIMALS.find((name) => !isSameAmount(frozen[`${name}Micros`], said[name]))
  );
}

function isSameAmount(micros: unknown, decimal: unknown): boolean {
  if (typeof micros !== 'string' || !/^-?\d+$/.test(micros)) return micros === decimal;
  return [0, 2].some((minDecimals) => formatMicros(BigInt(micros), minDecimals) === decimal);
}

/** Whether both are without a tree, as lines from before there were any, or name the same. */
export function isSameTree(
  frozen: FrozenLine,
  shown: { readonly size: number; readonly root: string } | undefined,
): boolean {
  const { tree } = frozen;
  if (!isObject(tree)) return shown === undefined;
  return tree.size === shown?.size && tree.root === shown?.root;
}
