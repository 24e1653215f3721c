import { expect, test } from '@jest/globals';
import { luaScript } from './lua.ts';
import type { RedisClient } from './redis.ts';

/** What a client does with a script that is defined on it. */
function fakeClient() {
  const calls: unknown[][] = [];
  const client = {
    calls,
    defineCommand(name: string, { lua }: { lua: string }) {
      calls.push(['define', name, lua]);
      Reflect.set(client, name, async (...args: unknown[]) => calls.push(['run', ...args]));
    },
  };
  return client;
}

test('is defined once for a client and called with its keys counted', async () => {
  const script = luaScript('test', 'return 1');
  const clients = [fakeClient(), fakeClient()];
  for (const client of clients) {
    await script(client as unknown as RedisClient)(['a', 'b'], ['c', 1]);
    await script(client as unknown as RedisClient)(['a'], []);
    expect(client.calls).toEqual([
      ['define', 'test', 'return 1'],
      ['run', 2, 'a', 'b', 'c', 1],
      ['run', 1, 'a'],
    ]);
  }
});
