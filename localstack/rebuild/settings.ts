import { type ApiTarget, readOperatedTarget } from '#localstack/api-target.ts';

export interface RebuildSettings {
  /** An API that is deployed elsewhere, in place of the one on the local cloud. */
  readonly target?: ApiTarget;
  /** Only this shard. */
  readonly shard?: number;
  readonly takeLedgerAsWhole: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

export function readRebuildSettings(variables: Variables): RebuildSettings {
  const { SHARD, TAKE_LEDGER_AS_WHOLE } = variables;
  const target = readOperatedTarget(variables);
  if (SHARD && !/^\d{1,3}$/.test(SHARD)) {
    throw new Error(`SHARD is "${SHARD}", but it must be a whole number.`);
  }
  return {
    ...(target && { target }),
    ...(SHARD && { shard: Number(SHARD) }),
    takeLedgerAsWhole: TAKE_LEDGER_AS_WHOLE === '1',
  };
}
