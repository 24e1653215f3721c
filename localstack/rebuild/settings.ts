import type { RebuildTarget } from './ask-shards.ts';

export interface RebuildSettings {
  /** An API that is deployed elsewhere, in place of the one on the local cloud. */
  readonly target?: RebuildTarget;
  /** Only this shard. */
  readonly shard?: number;
  readonly takeLedgerAsWhole: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

export function readRebuildSettings(variables: Variables): RebuildSettings {
  const { API_URL, API_KEY, SHARD, STAGE, TAKE_LEDGER_AS_WHOLE } = variables;
  if (STAGE && STAGE !== 'local' && !API_URL) {
    throw new Error(
      `STAGE is "${STAGE}": give API_URL, the address of its API, and API_KEY, a key that may operate.`,
    );
  }
  if (API_URL && !API_KEY) throw new Error('API_URL needs API_KEY, a key with the scope operate.');
  if (SHARD && !/^\d{1,3}$/.test(SHARD)) {
    throw new Error(`SHARD is "${SHARD}", but it must be a whole number.`);
  }
  return {
    ...(API_URL && { target: { url: API_URL.replace(/\/(v1\/?)?$/, ''), apiKey: API_KEY ?? '' } }),
    ...(SHARD && { shard: Number(SHARD) }),
    takeLedgerAsWhole: TAKE_LEDGER_AS_WHOLE === '1',
  };
}
