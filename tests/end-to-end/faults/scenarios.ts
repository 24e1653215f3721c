import { gunzipSync, gzipSync } from 'node:zlib';
import type { Rule } from '#localstack/invoice-api/rules.ts';
import type { FrozenPackage, InvoiceItem } from '#services/packaging/public.ts';
import type { InvoiceState, ParkReason } from '#shared/domain/invoice.ts';
import type { Told } from './history.ts';
import { frozenPackage } from './packages.ts';

/** What a few invoices go through, and how that has to end. */
export interface Scenario {
  /** Its clients begin so; none is the beginning of another. */
  readonly name: string;
  readonly rules?: readonly Partial<Rule>[];
  /** What has happened to the package before. */
  readonly before?: (frozen: FrozenPackage) => FrozenPackage;
  readonly state: InvoiceState;
  readonly reason?: ParkReason;
  /** In words, for a person. */
  readonly detail?: RegExp;
  readonly isBooked: boolean;
  /** What its history has to say, in this order; other calls may come in between. */
  readonly tells: readonly Told[];
}

const ACCEPTED = { state: 'accepted', isBooked: true } as const;
const TAKEN: Told = { call: 'submit', answer: 'taken' };
const ABSENT: Told = { call: 'look_up', answer: 'absent' };
const FOUND: Told = { call: 'look_up', answer: /^(taken|accepted)$/ };
const DECIDED: Told = { call: 'poll', answer: 'accepted' };

/** A submission whose answer says nothing: found by a look-up if it was taken, sent again after one if not. */
function inDoubt(
  fault: 'serverError' | 'timeout' | 'reset' | 'garbage',
  detail: RegExp,
): Scenario[] {
  const lost: Told = { call: 'submit', answer: 'no_answer', detail };
  const name = { serverError: 'error', timeout: 'timeout', reset: 'reset', garbage: 'garbage' }[
    fault
  ];
  return [
    {
      ...ACCEPTED,
      name: `${name}-after`,
      rules: [{ fault: `${fault}AfterAccepting`, calls: 'submission', timesEach: 1 }],
      tells: [lost, FOUND],
    },
    {
      ...ACCEPTED,
      name: `${name}-before`,
      rules: [{ fault: `${fault}BeforeAccepting`, calls: 'submission', timesEach: 1 }],
      tells: [lost, ABSENT, TAKEN, DECIDED],
    },
  ];
}

const changed =
  (changes: (item: InvoiceItem) => Partial<InvoiceItem>) =>
  ({ item, packed }: FrozenPackage): FrozenPackage => ({
    item: { ...item, ...changes(item) },
    packed,
  });

const damaged =
  (damage: (lines: Uint8Array) => Uint8Array) =>
  ({ item, packed }: FrozenPackage): FrozenPackage => ({
    item,
    packed: packed && { ...packed, lines: damage(packed.lines) },
  });

const UNREADABLE = {
  state: 'parked',
  reason: 'package_unreadable',
  detail: /cannot be turned into a submission/,
  isBooked: false,
  tells: [],
} as const;

const REFUSED = {
  state: 'parked',
  reason: 'refused_by_invoice_api',
  detail: /^422: The invoice breaks the contract/,
  isBooked: false,
  tells: [{ call: 'submit', answer: 'refused', detail: /^422/ }],
} as const;

export const SCENARIOS: readonly Scenario[] = [
  ...inDoubt('timeout', /^no answer within 3000 ms$/),
  ...inDoubt('reset', /ECONNRESET|closed|SOCKET|terminated/i),
  ...inDoubt('garbage', /^200 with no status of this invoice/),
  ...inDoubt('serverError', /^500: SYSTEM ERROR/),
  {
    ...ACCEPTED,
    name: 'look-up-fails',
    rules: [
      { fault: 'timeoutAfterAccepting', calls: 'submission', timesEach: 1 },
      { fault: 'garbageAfterAccepting', calls: 'lookUp', timesEach: 2 },
    ],
    tells: [
      { call: 'submit', answer: 'no_answer' },
      { call: 'look_up', answer: 'no_answer', detail: /^200 with no status of this invoice/ },
      { call: 'look_up', answer: 'no_answer', detail: /^200 with no status of this invoice/ },
      FOUND,
    ],
  },
  {
    ...ACCEPTED,
    name: 'poll-fails',
    rules: [{ fault: 'timeoutAfterAccepting', calls: 'lookUp', timesEach: 1 }],
    tells: [TAKEN, { call: 'poll', answer: 'no_answer', detail: /^no answer within/ }, DECIDED],
  },
  {
    ...ACCEPTED,
    name: 'lost-once',
    rules: [{ fault: 'lost', calls: 'submission', timesEach: 1 }],
    tells: [TAKEN, { call: 'poll', answer: 'absent' }, TAKEN, DECIDED],
  },
  {
    name: 'lost-always',
    rules: [{ fault: 'lost' }],
    // As if the API had lost it seven times before.
    before: changed(() => ({ attempts: 7n })),
    state: 'parked',
    reason: 'attempts_exhausted',
    detail: /^not known to the invoice API after 8 submissions$/,
    isBooked: false,
    tells: [TAKEN, { call: 'poll', answer: 'absent' }],
  },
  {
    ...ACCEPTED,
    name: 'answered-twice',
    rules: [{ fault: 'answeredTwice', timesEach: 3 }],
    tells: [{ call: 'submit', answer: /^(taken|no_answer)$/ }],
  },
  {
    name: 'rejected',
    rules: [{ fault: 'rejected' }],
    state: 'parked',
    reason: 'rejected_by_invoice_api',
    detail: /^E0815 REJECTED BY RULE$/,
    isBooked: true,
    tells: [TAKEN, { call: 'poll', answer: 'rejected', detail: /^E0815/ }],
  },
  {
    ...ACCEPTED,
    name: 'denied',
    rules: [{ fault: 'denied', calls: 'submission', timesEach: 1 }],
    tells: [
      { call: 'submit', answer: 'denied', detail: /^401: The key is not known here$/ },
      ABSENT,
      TAKEN,
      DECIDED,
    ],
  },
  { ...UNREADABLE, name: 'poisoned-bytes', before: damaged((lines) => lines.slice(0, -1)) },
  {
    ...UNREADABLE,
    name: 'poisoned-line',
    before: damaged((lines) => gzipSync(gunzipSync(lines).toString().replace('1250000', '1'))),
  },
  {
    ...UNREADABLE,
    name: 'poisoned-missing',
    before: ({ item }) => ({ item, packed: undefined }),
  },
  { ...UNREADABLE, name: 'poisoned-empty', before: ({ item }) => frozenPackage(item.client, []) },
  {
    ...REFUSED,
    name: 'poisoned-total',
    before: changed(({ totalMicros }) => ({ totalMicros: totalMicros + 1n })),
  },
  { ...REFUSED, name: 'poisoned-currency', before: changed(() => ({ currency: 'QQQ' })) },
];
