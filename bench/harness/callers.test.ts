import { expect, test } from '@jest/globals';
import { runCallers } from './callers.ts';

test('every caller waits for its answer before it calls again, and all answers count', async () => {
  let underWay = 0;
  let most = 0;
  let calls = 0;
  const { made, seconds } = await runCallers(4, 20, async () => {
    calls += 1;
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return 10;
  });
  expect(most).toBe(4);
  expect(underWay).toBe(0);
  expect(made).toBe(10 * calls);
  expect(seconds).toBeGreaterThanOrEqual(0.02);
});

test('each caller calls once at least, however short the time', async () => {
  expect(await runCallers(128, 0, async () => 1)).toMatchObject({ made: 128 });
});

test('a call that fails ends the measurement', async () => {
  await expect(runCallers(2, 10, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
});
