import { ulid } from 'ulid';
import { runCommand } from '#localstack/command.ts';
import { readLocalEnvironment } from '#localstack/environment.ts';
import {
  type ChargeRequest,
  generateCharges,
  generateUsage,
  prepaidAccounts,
} from '#localstack/traffic/generate.ts';
import { dayOf, daysOf, halfMonthOf, previousHalfMonth } from '#shared/domain/billing-period.ts';
import { resetAccounts } from './accounts.ts';
import { count, showSteps } from './progress.ts';
import { readSize } from './run-size.ts';
import { type ChargeToSend, sendCharges } from './send-charges.ts';
import { sendUsage } from './send-usage.ts';
import { closeSession, invoiceWhatIsSent, openSession, type Session } from './session.ts';

const SEED = 20_261_121;
const ACCOUNTS = 100;
const USAGE_CLIENTS = 500;
const BALANCE = '100.00';
const DUPLICATES_SHARE = 0.03;
const CHARGES_AT_ONCE = 12;

/** The main job on generated traffic: prepaid charges and postpaid usage, to the last accepted invoice. */
async function run(): Promise<boolean> {
  const environment = readLocalEnvironment();
  const size = readSize(process.env);
  console.log(
    `Tollgate: ${count(size.charges)} charges over ${ACCOUNTS} accounts and ${count(size.usageEvents)} usage events, from the first request to the last accepted invoice.`,
  );
  const session = await openSession(environment, showSteps());
  const runId = ulid();
  await session.steps.step(`${ACCOUNTS} accounts with ${BALANCE} each`, () =>
    resetAccounts(session.api, prepaidAccounts(ACCOUNTS), BALANCE, runId),
  );
  await session.cloud.start('relay-events', {});
  const usage = await session.steps.step(
    'usage through the ingestion API',
    (show) =>
      sendUsage(
        session.api,
        generateUsage({
          seed: SEED,
          count: size.usageEvents,
          clients: USAGE_CLIENTS,
          runId,
          ...pastHalfMonth(session),
        }),
        '/tollgate/run',
        session.prices,
        session.expected,
        session.timeZone,
        ({ sent }) => show(`${count(sent)} of ${count(size.usageEvents)}`),
      ),
    ({ sent }) => `${count(sent)} events`,
  );
  await invoiceWhatIsSent(session);
  const charges = await session.steps.step(
    'charges through the HTTP API',
    (show) =>
      sendCharges(
        session.api,
        dated(
          generateCharges({
            seed: SEED,
            count: size.charges,
            accounts: ACCOUNTS,
            duplicatesShare: DUPLICATES_SHARE,
            runId,
          }),
        ),
        session.expected,
        session.timeZone,
        CHARGES_AT_ONCE,
        ({ sent }) => show(`${count(sent)} of ${count(size.charges)}`),
      ),
    ({ sent }) => `${count(sent)} charges`,
  );
  return closeSession(session, {
    'charges sent': charges.sent,
    'charges authorized': charges.authorized - charges.replayed,
    'charges refused': charges.refused,
    'duplicates answered from receipts': charges.replayed,
    'usage events recorded': usage.recorded,
    'requests sent again': session.api.retries(),
  });
}

function pastHalfMonth({ timeZone }: Session): { fromMs: number; toMs: number } {
  const { start, end } = daysOf(previousHalfMonth(halfMonthOf(dayOf(Date.now(), timeZone))));
  return { fromMs: Date.parse(`${start}T00:00:00Z`), toMs: Date.parse(`${end}T00:00:00Z`) };
}

/** Gives every charge its time; a repeated one is the same object and keeps it. */
function* dated(charges: Iterable<ChargeRequest>): Generator<ChargeToSend> {
  const occurredAt = new WeakMap<object, string>();
  for (const charge of charges) {
    const time = occurredAt.get(charge) ?? new Date().toISOString();
    occurredAt.set(charge, time);
    yield { ...charge, occurredAt: time };
  }
}

await runCommand(async () => {
  if (!(await run())) process.exitCode = 1;
});
