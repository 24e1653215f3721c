import type * as z from 'zod/mini';

type Issue = Parameters<z.core.$ZodErrorMap>[0];

/**
 * What is wrong with a value, in the words of zod's English, which is too large for the bundle of a charge. Only what
 * contracts leave to it is here: most of their fields have messages of their own.
 */
export function messageOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `Invalid input: expected ${issue.expected}, received ${typeOf(issue.input)}`;
    case 'invalid_value': {
      const values = issue.values.map((value) => JSON.stringify(value));
      return values.length === 1
        ? `Invalid input: expected ${values[0]}`
        : `Invalid option: expected one of ${values.join('|')}`;
    }
    case 'too_big':
      return `Too big: expected ${issue.origin} ${toHave(issue.origin, '<=', issue.maximum)}`;
    case 'too_small':
      return `Too small: expected ${issue.origin} ${toHave(issue.origin, '>=', issue.minimum)}`;
    case 'invalid_union':
      return Array.isArray(issue.options) && issue.options.length > 0
        ? `Invalid discriminator value. Expected ${issue.options.map((value) => `'${String(value)}'`).join(' | ')}`
        : 'Invalid input';
    default:
      return 'Invalid input';
  }
}

function typeOf(input: unknown): string {
  if (Array.isArray(input)) return 'array';
  return input === null ? 'null' : typeof input;
}

const COUNTED: Readonly<Record<string, string>> = { array: 'items', string: 'characters' };

function toHave(origin: string, bound: string, limit: number | bigint): string {
  const counted = COUNTED[origin];
  return counted ? `to have ${bound}${limit} ${counted}` : `to be ${bound}${limit}`;
}
