import { expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { fetchExplanation, toLines } from '#localstack/explain/fetch-explanation.ts';
import { sendUsage } from '#localstack/run/send-usage.ts';
import { finishSession, invoiceWhatIsSent } from '#localstack/run/session.ts';
import { generateUsage } from '#localstack/traffic/generate.ts';
import { InvoicePage } from '#shared/contracts/invoices.ts';
import { verify } from '../explanations/verifier.ts';
import { joinTestSession } from './join.ts';

const DAY_MS = 86_400_000;

test('invoices of real traffic are explained through the API, with the roles enforced, and verified from the JSON alone', async () => {
  const session = await joinTestSession();
  const { api, environment, apiKey } = session;
  const toMs = Date.now() - DAY_MS;
  const runId = ulid();
  const send = async (count: number, seed: number) => {
    const traffic = {
      seed,
      count,
      clients: 5,
      fromMs: toMs - 3 * DAY_MS,
      toMs,
      runId: `${runId}-${seed}`,
    };
    const { prices, expected, timeZone } = session;
    await sendUsage(
      api,
      generateUsage(traffic),
      '/explained',
      prices,
      expected,
      timeZone,
      () => {},
    );
  };
  await send(400, 11);
  await invoiceWhatIsSent(session);
  // Late usage, so that there are adjustments.
  await send(200, 12);
  expect(await finishSession(session, {})).toMatchObject({ isConserved: true });
  const { body } = await api.get('/v1/invoices?state=accepted&limit=100');
  const { invoices } = InvoicePage.parse(body);
  const target = { url: environment.httpApiUrl, apiKey };
  const latest = invoices.filter(({ revision }) => revision > 1).slice(0, 2);
  const explainedInvoices = [...latest, ...invoices.slice(0, 1)];
  expect(latest.length).toBeGreaterThan(0);
  for (const { id } of explainedInvoices) {
    const lines = await Array.fromAsync(toLines(fetchExplanation(target, id)));
    expect(lines.length).toBeGreaterThan(1);
    const { exitCode, output } = await verify(lines.join(''));
    expect(output).not.toContain('FAIL');
    expect(exitCode).toBe(0);
  }
}, 240_000);
