/** Chunks side by side: MaxConcurrency in state-machines/packaging.asl.yml. */
export const CHUNKS_AT_ONCE = 4;

/** Most chunks of one round: the state of a machine holds 256 KB, and a chunk with the longest names and its result take 600 bytes. */
export const MAX_CHUNKS = 400;

/** Keeps a run within the 25,000 events of a machine's history: a chunk writes 7 of them, and more where it is tried again. */
export const MAX_ROUNDS = 8;

/**
 * Share of its time limit that a chunk of average clients fills where the measured speed holds. So it stays below the
 * half where all chunks at once share a store that is no faster than for one, with room for clients of many lines.
 */
const PLANNED_SHARE = 0.1;

/** What the rounds of one run must be able to hold, however slow a worker is said to be: a chunk stops in time anyway. */
const CLIENTS_OF_A_RUN = 5_000_000;

/** Fewer are not worth a chunk of their own. */
const LEAST_CLIENTS = 50;

export interface WorkerSpeed {
  /** What one worker packages, as measured. */
  readonly clientsPerSecond: number;
  /** After which a chunk is killed. */
  readonly timeLimitSeconds: number;
}

/** Most clients of one chunk. */
export function chunkCapacity({ clientsPerSecond, timeLimitSeconds }: WorkerSpeed): number {
  return Math.max(
    Math.floor(clientsPerSecond * timeLimitSeconds * PLANNED_SHARE),
    Math.ceil(CLIENTS_OF_A_RUN / (MAX_CHUNKS * MAX_ROUNDS)),
  );
}

/** Clients of each chunk where so many are to be packaged: shared out so that no worker waits while others have two chunks left. */
export function chunkClientsFor(clients: number, capacity: number): number {
  const turns = Math.ceil(clients / (capacity * CHUNKS_AT_ONCE));
  const shared = Math.ceil(clients / (turns * CHUNKS_AT_ONCE));
  return Math.min(capacity, Math.max(LEAST_CLIENTS, shared));
}
