import { afterAll, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { until } from '#localstack/run/cloud.ts';
import { invoiceWhatIsSent } from '#localstack/run/session.ts';
import { joinTestSession } from './join.ts';

const controls = `${process.env.INVOICE_API_URL}/control/settings`;

async function setRejected(share: number): Promise<void> {
  await fetch(controls, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ shares: { rejected: share } }),
  });
}

afterAll(() => setRejected(0.005));

test('an invoice that the API rejects is parked with its reason, and a retry is accepted', async () => {
  const session = await joinTestSession();
  const client = `rejected-${ulid()}`;
  await setRejected(1);
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

    await setRejected(0);
    expect(await session.api.post(`/v1/invoices/${parked.id}/retry`, {})).toMatchObject({
      status: 202,
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
