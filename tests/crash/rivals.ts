import type { RedisClient } from '#shared/platform/redis.ts';
import type { Callers } from './callers.ts';
import type { StoredAccount } from './checks.ts';
import type { Cloud } from './cloud.ts';
import { openingEvent, sendEvent } from './engines.ts';
import type { Done } from './requests.ts';
import { SHARDS } from './settings.ts';
import { ACCOUNTS, openingOf } from './stories.ts';
import { type EngineName, wrongEngine } from './wrong-engines.ts';

/** Reads the accounts of a rival. */
export type RivalAccounts = () => Promise<Map<string, StoredAccount>>;

/** Opens the accounts of a rival, which does not tell of it itself. */
export async function openRivalAccounts(
  name: Exclude<EngineName, 'tollgate'>,
  redis: RedisClient,
  cloud: Cloud,
  callers: Callers,
): Promise<RivalAccounts> {
  const engine = wrongEngine(name, redis, () => Promise.reject(new Error('Only opens and reads')));
  const queueUrl = cloud.environment.CONSUMPTION_QUEUE_URL;
  for (const account of ACCOUNTS) {
    const { client, openingMicros } = account;
    const sentMs = Date.now();
    await engine.open(client, openingMicros);
    const answer: Done = { type: 'done', values: [] };
    callers.record(openingOf(account), { sentMs, answeredMs: Date.now(), answer });
    await sendEvent(cloud.sqs, queueUrl, SHARDS, openingEvent(client, openingMicros));
  }
  return async () => {
    const accounts = ACCOUNTS.map(async ({ client }): Promise<[string, StoredAccount]> => {
      const balanceMicros = await engine.balance(client);
      return [client, { balanceMicros, heldMicros: 0n, holds: new Map() }];
    });
    return new Map(await Promise.all(accounts));
  };
}
