import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import type { AccountStore } from '../account-store.ts';
import { connectTo, contentsOf, journalOf, storeOn } from './store.ts';

export interface OwnStore {
  readonly valkey: Valkey;
  readonly redis: Redis;
  readonly store: AccountStore;
  /** Expects of what is done that it leaves everything in the store as it is; returns what came of it. */
  changesNothing<T>(work: () => Promise<T>): Promise<T>;
  eventsOf(client: string): Promise<LedgerEvent[]>;
}

/** A store on a Valkey of one test file's own, there while its tests run. */
export function useOwnStore(changes: Partial<AccountStore> = {}): OwnStore {
  let valkey: Valkey;
  let redis: Redis;
  let store: AccountStore;
  beforeAll(async () => {
    valkey = await startValkey();
    redis = connectTo(valkey.url);
    store = storeOn(redis, changes);
  });
  afterAll(async () => {
    redis.disconnect();
    await valkey.stop();
  });
  return {
    get valkey() {
      return valkey;
    },
    get redis() {
      return redis;
    },
    get store() {
      return store;
    },
    async changesNothing(work) {
      const before = await contentsOf(redis);
      const result = await work();
      expect(await contentsOf(redis)).toEqual(before);
      return result;
    },
    eventsOf: async (client) => (await journalOf(redis)).filter((event) => event.client === client),
  };
}
