import { afterAll, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { until } from '#localstack/run/cloud.ts';
import { invoiceWhatIsSent } from '#localstack/run/session.ts';
import { Invoice, type InvoiceSummary } from '#shared/contracts/invoices.ts';
import { acceptAll, decideAsUsual, rejectAll } from './decisions.ts';
import { joinTestSession } from './join.ts';

afterAll(() => decideAsUsual());

test('a rejected invoice is corrected to less than nothing, and the next one of the client takes that over', async () => {
  const session = await joinTestSession();
  const { api } = session;
  const client = `corrected-${ulid()}`;
  // Of one half month, whenever this runs.
  const time = new Date().toISOString();
  const use = () =>
    api.post('/v1/usage', {
      ...{ specversion: '1.0', id: ulid(), source: '/tests', type: 'tollgate.usage' },
      ...{ subject: client, time },
      data: { meter: 'api.requests', quantity: '1000' },
    });
  const invoices = async () => {
    const { body } = await api.get(`/v1/invoices?client=${client}`);
    return (body as { invoices: InvoiceSummary[] }).invoices;
  };
  const read = async (id: string) => Invoice.parse((await api.get(`/v1/invoices/${id}`)).body);
  const stateOf = async (revision: number) =>
    (await invoices()).find((one) => one.revision === revision)?.state;
  try {
    await rejectAll();
    await use();
    await invoiceWhatIsSent(session);
    await until('parking', 60_000, async () => (await stateOf(1)) === 'parked');
    await acceptAll();
    const [parked] = (await invoices()) as [InvoiceSummary];

    const wish = {
      reason: 'agreed with the client',
      lines: [
        { description: 'Not used', amount: `-${parked.total}` },
        { description: 'Goodwill', amount: '-0.001' },
      ],
    };
    const corrections = `/v1/invoices/${parked.id}/corrections`;
    const { status, body } = await api.post(corrections, wish);
    const corrected = Invoice.parse(body);
    expect(status).toBe(201);
    expect(corrected).toMatchObject({
      ...{ revision: 2, state: 'skipped', reason: 'negative_total', total: '-0.001' },
      lines: [{ kind: 'usage' }, { kind: 'correction' }, { kind: 'correction' }],
    });
    expect(await api.post(corrections, wish)).toMatchObject({
      status: 409,
      body: { code: 'not_correctable', data: { supersededBy: corrected.id } },
    });

    await use();
    await invoiceWhatIsSent(session);
    await until('acceptance', 60_000, async () => (await stateOf(3)) === 'accepted');
    expect(await read(corrected.id)).toMatchObject({
      state: 'skipped',
      linesSha256: expect.any(String),
    });
    const [old, left, last] = (await invoices()) as [
      InvoiceSummary,
      InvoiceSummary,
      InvoiceSummary,
    ];
    expect([old, left]).toMatchObject([
      { state: 'superseded', supersededBy: corrected.id },
      { state: 'skipped', carriedTo: last.id },
    ]);
    expect((await read(last.id)).lines).toMatchObject([
      { kind: 'adjustment', quantity: '1000' },
      { kind: 'carry_over', from: corrected.id, amount: '-0.001' },
    ]);
  } finally {
    await session.sending.stop();
  }
}, 240_000);
