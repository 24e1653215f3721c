import { createHash } from 'node:crypto';
import { runCommand } from '#localstack/command.ts';
import { readLocalEnvironment } from '#localstack/environment.ts';
import { describeMalformed, inspectFile, readRows } from '#localstack/traffic/usage-file.ts';
import type { UsageRow } from '#localstack/traffic/usage-row.ts';
import { formatAmount, parseMicros } from '#shared/domain/money.ts';
import { rate } from '#shared/domain/price.ts';
import { count, showSteps } from './progress.ts';
import { openReplayAccounts } from './replay-accounts.ts';
import { type ChargeToSend, sendCharges } from './send-charges.ts';
import { sendUsage } from './send-usage.ts';
import { closeSession, openSession, type Session } from './session.ts';

const CHARGES_AT_ONCE = 12;

type Inspection = Awaited<ReturnType<typeof inspectFile>>;

/** Replays a file of real usage, from reading it to the last accepted invoice. */
async function replay(): Promise<boolean> {
  const { FILE, MAPPING, AS = 'usage', SKIP_MALFORMED } = process.env;
  if (!FILE) throw new Error('Say which file to replay: make replay FILE=usage.csv');
  if (AS !== 'usage' && AS !== 'charges')
    throw new Error(`AS is "${AS}", but it must be usage or charges.`);
  const inspection = await inspectFile(FILE, MAPPING || undefined);
  console.log(inspection.sentence);
  console.log(
    `${count(inspection.rows)} events of ${count(inspection.clients)} clients from ${inspection.firstAt ?? 'nowhere'} to ${inspection.lastAt ?? 'nowhere'}; ${count(inspection.filtered)} lines left out by the mapping.`,
  );
  const skipMalformed = SKIP_MALFORMED === '1';
  for (const line of describeMalformed(inspection)) console.log(line);
  if (inspection.malformedCount > 0 && !skipMalformed) {
    throw new Error('Nothing was sent. Correct these lines, or skip them with SKIP_MALFORMED=1.');
  }
  const session = await openSession(readLocalEnvironment(), showSteps());
  await session.cloud.start('relay-events', {});
  const rows = () => readRows(inspection, { skipMalformed });
  const figures =
    AS === 'usage'
      ? await replayAsUsage(session, inspection, rows())
      : await replayAsCharges(session, inspection, rows);
  return closeSession(session, {
    'lines malformed and skipped': inspection.malformedCount,
    ...figures,
    'requests sent again': session.api.retries(),
  });
}

async function replayAsUsage(
  session: Session,
  { rows: total }: Inspection,
  rows: AsyncIterable<UsageRow>,
) {
  const usage = await session.steps.step(
    'usage through the ingestion API',
    (show) =>
      sendUsage(
        session.api,
        rows,
        '/tollgate/replay',
        session.prices,
        session.expected,
        session.timeZone,
        ({ sent }) => show(`${count(sent)} of ${count(total)}`),
      ),
    ({ sent }) => `${count(sent)} events`,
  );
  return {
    'usage events recorded': usage.recorded,
    'already recorded earlier': usage.duplicates,
  };
}

async function replayAsCharges(
  session: Session,
  { rows: total }: Inspection,
  rows: () => AsyncIterable<UsageRow>,
) {
  await session.steps.step(
    'accounts with enough balance',
    async () => openReplayAccounts(session.api, toCharges(rows(), session)),
    (accounts) => `${count(accounts)} accounts`,
  );
  const charges = await session.steps.step(
    'charges through the HTTP API',
    (show) =>
      sendCharges(
        session.api,
        toCharges(rows(), session),
        session.expected,
        session.timeZone,
        CHARGES_AT_ONCE,
        ({ sent }) => show(`${count(sent)} of ${count(total)}`),
      ),
    ({ sent }) => `${count(sent)} charges`,
  );
  return {
    'charges sent': charges.sent,
    'already charged earlier': total - charges.sent,
    'charges authorized': charges.authorized - charges.replayed,
    'charges refused': charges.refused,
    'duplicates answered from receipts': charges.replayed,
  };
}

/**
 * A charge names its amount, so rows without one are rated here by the price list. One account holds one
 * currency: the client of each further currency gets its code as an ending. What the ledger holds already is left
 * out: receipts would tell, but only within their window.
 */
async function* toCharges(
  rows: AsyncIterable<UsageRow>,
  { prices, expected }: Session,
): AsyncGenerator<ChargeToSend> {
  const currencies = new Map<string, string>();
  for await (const row of rows) {
    const { amount, currency } = priced(row, prices);
    const first = currencies.get(row.client) ?? currency;
    currencies.set(row.client, first);
    const id = chargeIdOf(row);
    const client = first === currency ? row.client : `${row.client}.${currency}`;
    if (expected.knowsCharge(client, id)) continue;
    yield {
      id,
      client,
      amount,
      currency,
      meter: row.meter,
      quantity: row.quantity,
      occurredAt: row.occurredAt,
    };
  }
}

/** Never an id that carries its time: a replayed one would be too old to charge. */
function chargeIdOf({ source = '', id }: UsageRow): string {
  const name = `replay:${source}:${id}`;
  return name.length <= 128 ? name : `replay:${createHash('sha256').update(name).digest('hex')}`;
}

function priced(row: UsageRow, prices: Session['prices']): { amount: string; currency: string } {
  if (row.amount !== undefined && row.currency !== undefined) {
    return { amount: row.amount, currency: row.currency };
  }
  const rating = rate(prices, row.meter, parseMicros(row.quantity) as bigint);
  if (!rating.rated) throw new Error(`line ${row.line}: no price for ${row.meter}`);
  return { amount: formatAmount(rating.amountMicros), currency: rating.currency };
}

await runCommand(async () => {
  if (!(await replay())) process.exitCode = 1;
});
