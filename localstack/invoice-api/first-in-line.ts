import { setPriority } from 'node:os';

/**
 * Lets this process run as soon as it can, where that is allowed: what counts requests by the millisecond must not be
 * held up by what it counts, on a machine that both share. Elsewhere it runs as any other.
 */
export function runFirstInLine(): void {
  try {
    setPriority(-15);
  } catch {
    // Needs a privilege that not everyone has.
  }
}
