const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The time (Unix milliseconds) that an id carries, if it is a ULID or a UUID of version 7 (RFC 9562);
 * undefined for any other id.
 */
export function timeInId(id: string): number | undefined {
  if (UUID_V7.test(id)) return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  if (!ULID.test(id)) return undefined;
  let timeMs = 0;
  for (const character of id.slice(0, 10).toUpperCase()) {
    timeMs = timeMs * 32 + CROCKFORD.indexOf(character);
  }
  return timeMs;
}
