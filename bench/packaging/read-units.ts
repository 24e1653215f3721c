import type { Item } from '#shared/platform/dynamo.ts';

/**
 * Read units as DynamoDB documents them, computed from what was read: the local cloud reports the same for any size.
 * Of https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */

const UNIT_BYTES = 4_096;

/** Of one page of a query that reads consistently: all its items together, rounded up, and never nothing. */
export function readUnitsOf(items: readonly Item[]): number {
  const bytes = items.reduce((sum, item) => sum + itemBytes(item), 0);
  return Math.max(1, Math.ceil(bytes / UNIT_BYTES));
}

export function itemBytes(item: object): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'bigint' || typeof value === 'number') return numberBytes(String(value));
  if (typeof value === 'boolean' || value === null) return 1;
  if (value instanceof Uint8Array) return value.byteLength;
  if (Array.isArray(value)) {
    return 3 + value.reduce((sum: number, member) => sum + 1 + valueBytes(member), 0);
  }
  if (typeof value === 'object') return 3 + Object.keys(value).length + itemBytes(value);
  throw new Error(`There is no size of a ${typeof value} here.`);
}

/** A byte for two significant digits, and one more. */
function numberBytes(text: string): number {
  const digits = text.replace(/^-/, '').replace('.', '').replace(/^0+/, '').replace(/0+$/, '');
  return 1 + Math.ceil(digits.length / 2) + (text.startsWith('-') ? 1 : 0);
}
