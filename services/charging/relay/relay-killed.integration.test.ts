import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { seededRandom } from '#localstack/traffic/random.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { changeBalance } from '../balance-store.ts';
import { useOwnStore } from '../testing/own-store.ts';
import { eventsOf, relayOn } from '../testing/relay.ts';
import { charge, journalOf, openNew, storeOn } from '../testing/store.ts';
import { relayEvents } from './relay-events.ts';

const ROUNDS = 5;
const SEED = 20_261_121;

const own = useOwnStore();

/** Runs a relay process, and kills it a moment after it has sent some messages. */
async function runAndKill(messages: number, momentMs: number, take: (body: string) => void) {
  const root = join(import.meta.dirname, '../../..');
  const relay = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      ...['--import', join(root, 'localstack/lua-hook.js')],
      join(import.meta.dirname, '../testing/relay-process.ts'),
    ],
    {
      cwd: root,
      env: { ...process.env, REDIS_URL: own.valkey.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    relay.once('exit', (_code, signal) => resolve(signal)),
  );
  let lines = 0;
  for await (const line of createInterface(relay.stdout)) {
    // The last line may be half a message, which no queue would have taken.
    if (line !== 'ready' && isWhole(line)) take(line);
    if (lines++ === messages) delay(momentMs).then(() => relay.kill('SIGKILL'));
  }
  expect(await ended).toBe('SIGKILL');
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

test(`relays killed with kill -9 while charges run lose and double nothing (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const store = storeOn(own.redis);
  const clients = await Promise.all(Array.from({ length: 8 }, () => openNew(store, 1_000_000n)));
  const expected = new Map<string, LedgerEvent['kind']>(
    clients.map((client) => [`${client} opening`, 'opening']),
  );
  const bodies: string[] = [];
  const take = (body: string) => bodies.push(body);

  for (let round = 0; round < ROUNDS; round++) {
    let isOver = false;
    const charging = (async () => {
      for (let index = 0; !isOver || index < 40; index++) {
        const client = clients[index % clients.length] as string;
        const event = charge(client, 1n, `${round}-${index}`);
        await changeBalance(store, { event });
        expected.set(`${client} ${event.id}`, 'charge');
        if (index % 8 === 0) await delay(1);
      }
    })();
    const kills = [1, 2].map(() => runAndKill(Math.floor(random() * 12), random() * 6, take));
    await Promise.all(kills);
    isOver = true;
    await charging;
  }
  const seenByKilled = bodies.length;
  await relayEvents(relayOn(own.redis, take), { hasTime: () => true, untilEmpty: true });

  expect(seenByKilled).toBeGreaterThan(ROUNDS);
  expect(await journalOf(own.redis)).toEqual([]);
  const delivered = eventsOf(bodies).map(
    ({ client, id, kind }) => [`${client} ${id}`, kind] as const,
  );
  expect(new Map(delivered)).toEqual(expected);
  expect(delivered).toHaveLength(expected.size);
}, 60_000);
