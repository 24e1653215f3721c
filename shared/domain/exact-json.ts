/** JSON in which a bigint is its decimal text: no amount passes through a double. */
export function toExactJson(value: unknown): string {
  return JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? part.toString() : part));
}
