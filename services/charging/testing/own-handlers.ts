import { afterAll, beforeAll, jest } from '@jest/globals';
import { wireCharging } from '../wiring.ts';
import { setEnvironment } from './http-request.ts';
import { type OwnStore, useOwnStore } from './own-store.ts';
import { complete } from './store.ts';

/** A store of one test file's own that its handlers work on. Their request lines stay out of the output. */
export function useOwnHandlers(): OwnStore {
  // Before the store of its connection goes.
  afterAll(() => {
    wireCharging().accounts.redis.disconnect();
    jest.restoreAllMocks();
  });
  const own = useOwnStore();
  beforeAll(async () => {
    setEnvironment(own.valkey.url);
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    await complete(own.store);
  });
  return own;
}
