import { describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { resetAccounts } from '#localstack/run/accounts.ts';
import { sendCharges } from '#localstack/run/send-charges.ts';
import { sendUsage } from '#localstack/run/send-usage.ts';
import { finishSession, invoiceWhatIsSent, type Session } from '#localstack/run/session.ts';
import { generateCharges, generateUsage, prepaidAccounts } from '#localstack/traffic/generate.ts';
import { whileKilling } from './chaos.ts';
import { joinTestSession } from './join.ts';

const ACCOUNTS = 20;
const DAY_MS = 86_400_000;
/** Each makes a Lambda start anew, for a second of two cores. */
const MOST_KILLS = 12;

async function sendTraffic(session: Session, charges: number, usageEvents: number) {
  const runId = ulid();
  const toMs = Date.now() - DAY_MS;
  const occurredAt = new Date().toISOString();
  const options = { seed: 7, accounts: ACCOUNTS, duplicatesShare: 0.1, runId };
  await resetAccounts(session.api, prepaidAccounts(ACCOUNTS), '2.00', runId);
  await session.cloud.start('relay-events', {});
  return Promise.all([
    sendCharges(
      session.api,
      [...generateCharges({ ...options, count: charges })].map((charge) => ({
        ...charge,
        occurredAt,
      })),
      session.expected,
      session.timeZone,
      8,
      () => {},
    ),
    sendUsage(
      session.api,
      generateUsage({
        seed: 7,
        count: usageEvents,
        clients: 12,
        fromMs: toMs - 20 * DAY_MS,
        toMs,
        runId,
      }),
      '/tests',
      session.prices,
      session.expected,
      session.timeZone,
      () => {},
    ),
  ]);
}

describe('from the first request to the last accepted invoice', () => {
  test('nothing is lost, doubled or invented while Lambdas are killed with -9', async () => {
    const session = await joinTestSession();
    const { result, kills } = await whileKilling(
      session.environment,
      () => sendTraffic(session, 600, 4_000),
      { most: MOST_KILLS },
    );
    const [charges, usage] = result;
    const report = await finishSession(session, {});
    expect(kills).toBeGreaterThan(3);
    expect(charges.authorized).toBeGreaterThan(0);
    expect(charges.refused).toBeGreaterThan(0);
    expect(usage.recorded).toBe(4_000);
    expect(report).toMatchObject({ isConserved: true, differences: 0, wrongBalances: 0 });
    expect(report.invoiceApi).toMatchObject({
      secondInvoices: 0,
      conflictingSubmissions: 0,
      overLimit: 0,
    });
  }, 240_000);

  test('two packaging runs at once, and a run after late usage, bill everything once', async () => {
    const session = await joinTestSession();
    await sendTraffic(session, 50, 1_000);
    await Promise.all([
      invoiceWhatIsSent(session),
      session.cloud.execute('roll-up', {}),
      session.cloud.execute('packaging', { includeRunning: true }),
    ]);
    await Promise.all(
      [1, 2].map(() => session.cloud.execute('packaging', { includeRunning: true })),
    );
    await sendTraffic(session, 50, 1_000);
    const report = await finishSession(session, {});
    expect(report).toMatchObject({ isConserved: true, differences: 0, wrongBalances: 0 });
    expect(report.invoiceApi).toMatchObject({ secondInvoices: 0, conflictingSubmissions: 0 });
  }, 240_000);
});
