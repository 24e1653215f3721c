import { encodeTime } from 'ulid';

/**
 * Ids of the form of a ULID, made by counting: each is new, carries the time as a client's id does, and costs next
 * to nothing, for what a client's ids cost is not what is measured.
 */
export function chargeIds(nowMs: number): () => string {
  const time = encodeTime(nowMs);
  let count = 0;
  return () => {
    count += 1;
    return time + String(count).padStart(16, '0');
  };
}
