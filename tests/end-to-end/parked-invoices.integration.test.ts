import { afterAll, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { until } from '#localstack/run/cloud.ts';
import { invoiceWhatIsSent } from '#localstack/run/session.ts';
import { Progress } from '#shared/contracts/progress.ts';
import { acceptAll, decideAsUsual, rejectAll } from './decisions.ts';
import { joinTestSession } from './join.ts';

afterAll(() => decideAsUsual());

test('an invoice that the API rejects is parked with its reason, and a retry is accepted', async () => {
  const session = await joinTestSession();
  const client = `rejected-${ulid()}`;
  await rejectAll();
  await session.api.post('/v1/usage', {
    specversion: '1.0',
    id: ulid(),
    source: '/tests',
    type: 'tollgate.usage',
    subject: client,
    data: { meter: 'api.requests', quantity: '1000' },
  });
  await invoiceWhatIsSent(session);
  const invoice = async () => {
    const { body } = await session.api.get(`/v1/invoices?client=${client}`);
    return (body.invoices as Record<string, unknown>[])[0] as Record<string, unknown>;
  };
  try {
    await until('parking', 30_000, async () => (await invoice()).state === 'parked');
    const parked = await invoice();
    expect(parked).toMatchObject({ reason: 'rejected_by_invoice_api', revision: 1 });
    const detail = await session.api.get(`/v1/invoices/${parked.id}`);
    expect(detail.body).toMatchObject({ lines: [{ meter: 'api.requests', quantity: '1000' }] });

    const filter = { client, reason: 'rejected_by_invoice_api' };
    const list = `/v1/invoices?state=parked,unknown&reason=${filter.reason}&client=${client}`;
    expect(await session.api.get(list)).toMatchObject({
      body: { invoices: [{ id: parked.id, state: 'parked' }] },
    });
    const foreseen = { submit: 1, lookUp: 0, byReason: { rejected_by_invoice_api: 1 }, left: [] };
    expect(await session.api.post('/v1/invoices/retries', { filter, dryRun: true })).toMatchObject({
      status: 200,
      body: foreseen,
    });
    expect((await invoice()).state).toBe('parked');
    const { body: periods } = await session.api.get('/v1/periods');
    expect(periods.periods).toContain(parked.period);
    const progress = await session.api.get(`/v1/progress?period=${parked.period}`);
    expect(Progress.parse(progress.body).byState.parked).toBeGreaterThan(0);
    expect(progress.body.packagingRuns).toContainEqual(
      expect.objectContaining({ status: 'succeeded' }),
    );

    await acceptAll();
    expect(await session.api.post('/v1/invoices/retries', { filter })).toMatchObject({
      status: 200,
      body: foreseen,
    });
    await until('acceptance', 30_000, async () => (await invoice()).state === 'accepted');
    expect(await session.api.post(`/v1/invoices/${parked.id}/retry`, {})).toMatchObject({
      status: 409,
      body: { code: 'not_retryable' },
    });
  } finally {
    await session.sending.stop();
  }
}, 120_000);
