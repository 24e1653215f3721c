import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { until } from '#localstack/run/cloud.ts';
import { seededRandom } from '#localstack/traffic/random.ts';
import { type FrozenPackage, invoiceKeyOf } from '#services/packaging/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { isConditionFailure } from '#shared/platform/dynamo.ts';
import { accepted, type Expected, isAtRest, type Place, readInvoices } from './check-books.ts';
import { tellsAll } from './history.ts';
import { frozenPackages } from './packages.ts';
import { SCENARIOS } from './scenarios.ts';

const EACH = 5;
const CROWD = 200;
const WITHIN_MS = 180_000;

export interface Tried extends Expected {
  readonly scenario: string;
}

/**
 * The invoices of every scenario and a crowd without faults, all mixed: one dead sender does not meet all of a kind,
 * and the faults do not come in a row, which would open the breaker.
 */
export function mixedInvoices(seed: number): { tried: Tried[]; crowd: Expected[] } {
  const random = seededRandom(seed);
  const mixed = ({ item, packed }: FrozenPackage) => {
    const dueAtMs = item.dueAtMs - BigInt(Math.floor(random() * 10_000));
    return { item: { ...item, dueAtMs }, packed };
  };
  return {
    tried: SCENARIOS.flatMap(({ name, before = (frozen: FrozenPackage) => frozen, ...end }) =>
      frozenPackages(name, EACH).map((frozen) => {
        return { ...end, scenario: name, ...before(mixed(frozen)) };
      }),
    ),
    crowd: frozenPackages('crowd', CROWD).map((frozen) => accepted(mixed(frozen))),
  };
}

export const scenarioRules = SCENARIOS.flatMap(({ name, rules = [] }) =>
  rules.map((rule) => ({ ...rule, clients: `${name}-` })),
);

/** The scenarios that none of their invoices tells in full. With five of each, kills do not reach all. */
export async function untoldScenarios(place: Place, tried: readonly Tried[]): Promise<string[]> {
  const invoices = await readInvoices(place);
  const told = tried.filter(({ item, tells }) =>
    tellsAll(invoices.get(item.id)?.history ?? [], tells),
  );
  const toldNames = new Set(told.map(({ scenario }) => scenario));
  return SCENARIOS.map(({ name }) => name).filter((name) => !toldNames.has(name));
}

/** Waits for all to come to rest. Who was not let in is asked for again only after minutes: these are made to pass. */
export async function untilAtRest(place: Place, expected: readonly Expected[]): Promise<void> {
  await until(
    'coming to rest',
    WITHIN_MS,
    async () => {
      for (const invoice of (await readInvoices(place)).values()) {
        if (invoice.state === 'unknown' && invoice.detail?.startsWith('401')) {
          await letMinutesPass(place, invoice);
        }
      }
      return isAtRest(place, expected);
    },
    1_000,
  );
}

async function letMinutesPass(
  { dynamo, invoicesTable }: Place,
  { client, period, revision }: { client: string; period: string; revision: number },
): Promise<void> {
  const nowMs = Date.now();
  try {
    await dynamo.send(
      new UpdateCommand({
        TableName: invoicesTable,
        Key: invoiceKeyOf(client, period as HalfMonth, revision),
        UpdateExpression: 'SET dueAtMs = :now, version = version + :one',
        ConditionExpression: '#state = :unknown AND dueAtMs > :soon',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ...{ ':now': nowMs, ':soon': nowMs + 60_000 },
          ...{ ':one': 1, ':unknown': 'unknown' },
        },
      }),
    );
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
  }
}
