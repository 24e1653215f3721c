import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'tollgate-bundle-'));
const bundle = join(folder, 'redis-user.mjs');
const valkeys: Valkey[] = [];

beforeAll(async () => {
  await run('node', [join(import.meta.dirname, 'testing/build.ts'), bundle]);
});
afterAll(async () => {
  for (const valkey of valkeys) await valkey.stop();
  rmSync(folder, { recursive: true });
});

async function use(url: string, mode: 'single' | 'cluster') {
  const { stdout, stderr } = await run('node', [bundle, url, mode], { timeout: 30_000 });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

/** A node that is alone does not know its address, and its bus takes a port that is free more surely than port + 10,000. */
const CLUSTER = [
  ...['--cluster-enabled', 'yes'],
  ...['--cluster-announce-ip', '127.0.0.1'],
  ...['--cluster-port', String(20_000 + (process.pid % 10_000))],
];

const ANSWERS = {
  set: 'OK',
  get: 'é',
  buffer: 'c3a9',
  // HINCRBY is read as a number of JavaScript, as ever: who needs it exact asks HGET.
  hash: [2, { x: '1', y: '2' }, 9007199254740994, ['9007199254740994', null]],
  sorted: [2, ['one', '1', 'two', '2']],
  stream: ['1-1', [['1-1', ['n', '1', 'e', '{}']]], 'OK'],
  script: [['given', 'é'], 2],
  pipeline: [
    [null, 1],
    [null, 0],
    [null, '1'],
  ],
  transaction: [[null, 2]],
  error: 'ERR',
  many: '998',
};

const REFUSALS = {
  sentinels: expect.stringContaining('no Sentinel'),
  pipelines: expect.stringContaining('no automatic pipelines'),
  profile: expect.stringContaining('no profiles of TLS'),
  fieldsets: expect.stringContaining('HIMPORT'),
  shards: expect.stringContaining('no sharded subscribers'),
};

describe('ioredis in a bundle', () => {
  test('does with one server all that Lambdas ask of it, and refuses in words what was left out', async () => {
    const valkey = await startValkey();
    valkeys.push(valkey);
    const { answers, refusals } = await use(valkey.url, 'single');
    expect(answers).toEqual({ ...ANSWERS, scan: 6 });
    expect(refusals).toEqual(REFUSALS);
  });

  test('the same in a cluster', async () => {
    const valkey = await startValkey(...CLUSTER);
    valkeys.push(valkey);
    const redis = new Redis(valkey.url);
    await redis.cluster('ADDSLOTSRANGE', 0, 16_383);
    await waitUntil(async () => (await redis.cluster('INFO')).includes('cluster_state:ok'));
    await redis.quit();
    const { answers, refusals } = await use(valkey.url, 'cluster');
    expect(answers).toEqual(ANSWERS);
    expect(refusals).toEqual({
      ...REFUSALS,
      subscription: expect.stringContaining('subscribe to nothing'),
    });
  }, 15_000);
});
