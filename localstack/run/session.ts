import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type LocalEnvironment, REPOSITORY_FOLDER } from '#localstack/environment.ts';
import { type LoadedData, loadData } from '#localstack/load.ts';
import { deployLocally } from '#localstack/stack.ts';
import { startEnvironment } from '#localstack/start.ts';
import { readLedger } from '#services/aggregation/public.ts';
import { AT_REST, auditConservation, findingsOf } from '#services/audit/audit-conservation.ts';
import { differences, stageOf } from '#shared/domain/conservation.ts';
import type { PriceList } from '#shared/domain/price.ts';
import { type Api, connectApi } from './api.ts';
import { type Cloud, connectCloud, persistently } from './cloud.ts';
import { ExpectedLedger } from './expected-ledger.ts';
import { drain, LOCAL_SHARDS, packageEverything, settleInvoices } from './pipeline.ts';
import { count, type Steps } from './progress.ts';
import { differingTotals, readBooks, readCounters, readPackages } from './reconcile.ts';
import {
  conservationRows,
  describeDifference,
  printReport,
  type RunReport,
  writeReport,
} from './report.ts';
import { prepareSending, type Sending } from './sending.ts';
import { auditSources } from './sources.ts';
import { printWhereabouts } from './whereabouts.ts';

/** An environment that is up, deployed and loaded, with what is needed to drive it. */
export interface Session {
  readonly environment: LocalEnvironment;
  readonly timeZone: string;
  readonly prices: PriceList;
  readonly apiKey: string;
  readonly api: Api;
  readonly cloud: Cloud;
  readonly steps: Steps;
  readonly expected: ExpectedLedger;
  readonly sending: Sending;
  /** When the command began, as `performance.now()`. */
  readonly startedAt: number;
}

/** Starts what is not running, deploys, loads, and takes down what the ledger holds already. */
export async function openSession(environment: LocalEnvironment, steps: Steps): Promise<Session> {
  await steps.step('start the local environment', async (show) =>
    startEnvironment(environment, show),
  );
  await steps.step('deploy', () => deployLocally(environment));
  const data = await steps.step('load prices and an API key', () => loadData(environment));
  return joinSession(environment, data, steps);
}

/** A session on an environment that is deployed and loaded already. */
export async function joinSession(
  environment: LocalEnvironment,
  { apiKey, prices }: LoadedData,
  steps: Steps,
): Promise<Session> {
  const cloud = connectCloud(environment);
  const expected = new ExpectedLedger();
  await drain(environment, cloud, steps);
  await expected.start(readLedger(auditSources(cloud).ledger));
  return {
    environment,
    timeZone: process.env.BILLING_TIME_ZONE || 'UTC',
    prices,
    apiKey,
    api: connectApi(environment.httpApiUrl, apiKey),
    cloud,
    steps,
    expected,
    sending: prepareSending(cloud, environment.invoiceApiUrl),
    startedAt: startOfCommand(),
  };
}

/** The time of installing is part of it: make says when it began. */
function startOfCommand(): number {
  const seconds = Number(process.env.TOLLGATE_STARTED_AT);
  return seconds > 0 ? seconds * 1_000 - performance.timeOrigin : 0;
}

/** Rolls up and packages what has been sent so far, and starts to send the invoices. */
export async function invoiceWhatIsSent({
  environment,
  cloud,
  steps,
  sending,
}: Session): Promise<void> {
  await drain(environment, cloud, steps);
  await packageEverything(cloud, steps);
  sending.start();
}

async function settle(session: Session): Promise<Record<string, number>> {
  try {
    await invoiceWhatIsSent(session);
    return await settleInvoices(session.cloud, session.steps);
  } finally {
    await session.sending.stop();
  }
}

/** Takes everything that was sent to its end and compares every stage with what was expected. */
export async function finishSession(
  session: Session,
  figures: Readonly<Record<string, number | string>>,
): Promise<RunReport> {
  const { environment, steps } = session;
  const secondsUntil = (at: number) => Math.round((at - session.startedAt) / 100) / 10;
  const invoicesByState = await settle(session);
  const firstAcceptedAt = session.sending.firstAcceptedAt();
  const { counts, ...found } = await steps.step('compare every stage', () => compare(session));
  const invoiceApi = await readCounters(environment.invoiceApiUrl);
  return {
    finishedAt: new Date().toISOString(),
    ...found,
    figures: {
      ...figures,
      ...counts,
      ...describeInvoices(invoicesByState),
      'requests to the invoice API': describeRequests(invoiceApi),
      ...(firstAcceptedAt !== undefined && {
        'seconds to the first accepted invoice': secondsUntil(firstAcceptedAt),
      }),
      'seconds in all': secondsUntil(performance.now()),
    },
    invoicesByState,
    invoiceApi,
    ...(firstAcceptedAt !== undefined && {
      secondsToFirstAccepted: secondsUntil(firstAcceptedAt),
    }),
    steps: steps.timings,
    seconds: secondsUntil(performance.now()),
  };
}

/** What the audit answers. */
interface Found {
  readonly differences: number;
  readonly balances: number;
  readonly entries: number;
  readonly trees: number;
  readonly packages: number;
}

function describeProof({ differences, balances, entries, trees, packages }: Found): string {
  const found = differences + balances + entries + trees + packages;
  return found === 0 ? 'conserved' : `${count(found)} differences`;
}

const REPORT_FILE = join('.local', 'run-report.json');

/** Finishes a session in front of a person: a proof for GET /v1/conservation, the summary on the screen, all of it in a file. Returns whether everything was conserved. */
export async function closeSession(
  session: Session,
  figures: Readonly<Record<string, number | string>>,
): Promise<boolean> {
  const report = await finishSession(session, figures);
  await session.steps.step(
    'prove it by the deployed audit',
    () => persistently(() => session.cloud.invoke<Found>('audit-conservation', {}), 3),
    describeProof,
  );
  printReport(report);
  writeReport(join(REPOSITORY_FOLDER, REPORT_FILE), report);
  console.log(`  The whole report: ${REPORT_FILE}`);
  printWhereabouts(session);
  return report.isConserved;
}

async function compare({ environment, cloud, expected: expectedLedger }: Session) {
  const sources = auditSources(cloud);
  const redis = new Redis(environment.redisUrl);
  try {
    const audit = await auditConservation(
      { sources, accounts: { redis, shards: LOCAL_SHARDS } },
      AT_REST,
    );
    const [{ held, accepted }, books] = await Promise.all([
      readPackages(sources.packages),
      readBooks(environment.invoiceApiUrl),
    ]);
    const expected = { name: 'sent', sums: expectedLedger.sums };
    const { ledger, deltas, daily, packages } = audit.stages;
    const booked = stageOf('invoice API + held', [...books.sums.values(), ...held.values()]);
    const found = [...differences([expected, ledger, deltas, daily, packages, booked])];
    const [first] = found;
    const wrongTotals = differingTotals(books.totals, accepted).length;
    const wrongPackages = audit.packages.length;
    return {
      counts: {
        'metered events in the ledger': [...ledger.sums.values()].reduce(
          (n, sum) => n + sum.events,
          0,
        ),
        'daily records': daily.sums.size,
      },
      isConserved: found.length + wrongTotals + findingsOf(audit) === 0,
      conservation: conservationRows({
        expected,
        ledger,
        daily,
        packages,
        books: books.sums,
        held,
      }),
      differences: found.length,
      ...(first && { firstDifference: describeDifference(first) }),
      wrongBalances: audit.balances.length,
      wrongStatements: audit.entries.length,
      wrongTotals,
      wrongPackages,
    };
  } finally {
    redis.disconnect();
  }
}

function describeInvoices(byState: Readonly<Record<string, number>>): Record<string, number> {
  const states = Object.entries(byState);
  return {
    packages: states.reduce((sum, [, number]) => sum + number, 0),
    ...Object.fromEntries(states.map(([state, number]) => [`invoices ${state}`, number])),
  };
}

function describeRequests(counters: Readonly<Record<string, number>>): string {
  return `${count(counters.requests ?? 0)}, at most ${counters.requestsPerSecondPeak} in a second of ${counters.allowedPerSecond} allowed; ${counters.overLimit} over the limit, ${counters.secondInvoices} second invoices`;
}
