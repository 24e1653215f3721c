import { seededRandom, weighted } from '#localstack/traffic/random.ts';
import type { Callers } from './callers.ts';
import type { Done, Request } from './requests.ts';

/** What callers do all day, told by random numbers: charges above all, and everything else that changes accounts. */

type Charge = Extract<Request, { kind: 'charge' }>;

interface Account {
  readonly client: string;
  readonly openingMicros: bigint;
}

const RICH_MICROS = 10_000_000_000n;
const POOR_MICROS = 6_000n;

/** One that everybody charges, some that can pay for little, some that can pay for all. */
export const ACCOUNTS: readonly Account[] = Array.from({ length: 18 }, (_, index) => ({
  client: `client-${index}`,
  openingMicros: index % 3 === 2 ? POOR_MICROS : RICH_MICROS,
}));

export function openingOf({ client, openingMicros }: Account): Request {
  return { kind: 'opening', id: 'opening', client, amountMicros: openingMicros };
}

interface Teller {
  readonly random: () => number;
  readonly name: string;
  readonly callers: Callers;
  /** Charges that are done, to be repeated or reversed. */
  readonly charged: { readonly request: Charge; readonly amountMicros: bigint }[];
}

/** A caller that begins one story after another while `goesOn`. `number` tells it from the others. */
export async function tellStories(
  callers: Callers,
  { seed, number, onlyCharges }: { seed: number; number: number; onlyCharges: boolean },
  goesOn: () => boolean,
): Promise<void> {
  const random = seededRandom(seed * 1_000 + number);
  const stories = onlyCharges ? CHARGES_ONLY : STORIES;
  const draw = weighted(
    random,
    stories.map(([weight]) => weight),
  );
  const charged: Teller['charged'] = [];
  for (let index = 0; goesOn(); index++) {
    const tell = (stories[draw()] as (typeof stories)[number])[1];
    await tell({ random, name: `${number}.${index}`, callers, charged });
  }
}

/** One of each kind, so that every step is passed; what it is worth does not matter. */
export async function rehearse(callers: Callers, onlyCharges: boolean): Promise<void> {
  const stories = onlyCharges ? CHARGES_ONLY : STORIES;
  const charged: Teller['charged'] = [];
  for (const [index, [, tell]] of stories.entries()) {
    // Zero leads every choice to the first of its ways, and a half to another.
    for (const value of [0, 0.5]) {
      const name = `rehearsal.${index}.${value}`;
      await tell({ random: () => value, name, callers, charged });
    }
  }
}

type Story = readonly [weight: number, tell: (teller: Teller) => Promise<unknown>];

const CHARGES_ONLY: readonly Story[] = [
  [9, chargeOnce],
  [1, chargeAgain],
];

const STORIES: readonly Story[] = [
  [58, chargeOnce],
  [8, chargeAgain],
  [6, chargeBatch],
  [5, topUp],
  [14, hold],
  [6, reverseCharge],
  [3, openAnother],
];

const upTo = (random: () => number, most: number) => 1 + Math.floor(random() * most);
const micros = (random: () => number, most: number) => BigInt(upTo(random, most));
const copies = upTo;

function anyClient(random: () => number): string {
  // Every fourth charge goes to the same account.
  const index = random() < 0.25 ? 0 : Math.floor(random() * ACCOUNTS.length);
  return (ACCOUNTS[index] as Account).client;
}

function newCharge({ random, name }: Teller, isUpTo: boolean): Charge {
  return {
    kind: 'charge',
    client: anyClient(random),
    id: `charge-${name}`,
    amountMicros: micros(random, 900),
    isUpTo,
  };
}

function note({ charged }: Teller, request: Charge, answer: { type: string }): void {
  if (answer.type !== 'done') return;
  const [granted] = (answer as Done).values;
  charged.push({ request, amountMicros: BigInt(granted ?? request.amountMicros) });
}

async function chargeOnce(teller: Teller): Promise<void> {
  const { random, callers } = teller;
  const request = newCharge(teller, false);
  const [answer] = await callers.ask([request], copies(random, 3));
  if (answer) note(teller, request, answer);
}

async function chargeAgain({ random, callers, charged }: Teller): Promise<void> {
  const earlier = charged[Math.floor(random() * charged.length)];
  if (earlier) await callers.ask([earlier.request], copies(random, 2));
}

async function chargeBatch(teller: Teller): Promise<void> {
  const { random, name, callers } = teller;
  const requests = Array.from({ length: 1 + upTo(random, 12) }, (_, index) =>
    newCharge({ ...teller, name: `${name}.${index}` }, random() < 0.4),
  );
  const answers = await callers.ask(requests, copies(random, 2));
  answers.forEach((answer, index) => {
    note(teller, requests[index] as Charge, answer);
  });
}

async function topUp({ random, name, callers }: Teller): Promise<void> {
  const poor = ACCOUNTS.filter(({ openingMicros }) => openingMicros === POOR_MICROS);
  const { client } = poor[Math.floor(random() * poor.length)] as Account;
  const amountMicros = micros(random, 4_000);
  const request: Request = { kind: 'top_up', client, id: `top-up-${name}`, amountMicros };
  await callers.ask([request], copies(random, 2));
}

/** Holds that last, and holds that expire while they are used or when nobody thinks of them any more. */
async function hold({ random, name, callers }: Teller): Promise<void> {
  const client = anyClient(random);
  const holdId = `hold-${name}`;
  const lifetimeMs = random() < 0.7 ? 600_000 : upTo(random, 300);
  const amountMicros = micros(random, 2_000);
  const ask = (request: Request) => callers.ask([request], copies(random, 2));
  const [placed] = await ask({ kind: 'hold', client, id: holdId, amountMicros, lifetimeMs });
  if (placed?.type !== 'done') return;

  const ofHold = { client, holdId } as const;
  for (let part = upTo(random, 3); part > 1; part--) {
    await ask({
      ...{ kind: 'capture', ...ofHold, id: `${holdId}.${part}`, isFinal: false },
      amountMicros: micros(random, 1_500),
      isUpTo: random() < 0.5,
    });
  }
  if (random() < 0.3) {
    await ask({
      kind: 'extension',
      ...ofHold,
      id: `${holdId}.longer`,
      lifetimeMs: upTo(random, 900),
    });
  }
  const end = random();
  if (end < 0.4) {
    await ask({
      ...{ kind: 'capture', ...ofHold, id: `${holdId}.last`, isFinal: true, isUpTo: true },
      amountMicros: micros(random, 1_500),
    });
  } else if (end < 0.8) {
    await ask({ kind: 'release', ...ofHold, id: `${holdId}.release` });
  }
}

async function reverseCharge({ random, name, callers, charged }: Teller): Promise<void> {
  const earlier = charged[Math.floor(random() * charged.length)];
  if (!earlier) return;
  const { request, amountMicros: chargedMicros } = earlier;
  const amountMicros = random() < 0.3 ? chargedMicros : micros(random, Number(chargedMicros));
  await callers.ask(
    [
      {
        ...{ kind: 'reversal', client: request.client, id: `reversal-${name}` },
        ...{ reversedId: request.id, chargedMicros, amountMicros },
      },
    ],
    copies(random, 2),
  );
}

async function openAnother({ random, name, callers }: Teller): Promise<void> {
  const client = `client-${name}`;
  await callers.ask([openingOf({ client, openingMicros: POOR_MICROS })], copies(random, 2));
  const charge: Charge = {
    kind: 'charge',
    client,
    id: 'first',
    amountMicros: micros(random, 2 * Number(POOR_MICROS)),
    isUpTo: random() < 0.5,
  };
  await callers.ask([charge], copies(random, 2));
}
