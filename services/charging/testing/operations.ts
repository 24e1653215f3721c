import { ulid } from 'ulid';
import { seededRandom } from '#localstack/traffic/random.ts';
import { ACCOUNT_STATUSES } from '#shared/domain/ledger-event.ts';
import { fingerprintOf } from '#shared/platform/receipts.ts';
import type { Terms } from '../account-store.ts';
import type { BalanceChange, Reversal } from '../balance-store.ts';
import type { CaptureOptions } from '../hold-store.ts';
import {
  capture,
  charge,
  extension,
  HOUR_MS,
  hold,
  opening,
  release,
  reversal,
  terms,
  topUp,
} from './store.ts';

export type Operation =
  | { readonly type: 'open'; readonly event: ReturnType<typeof opening> }
  | { readonly type: 'change'; readonly change: BalanceChange }
  | { readonly type: 'batch'; readonly changes: readonly BalanceChange[] }
  | { readonly type: 'hold'; readonly event: ReturnType<typeof hold>; readonly lifetimeMs: number }
  | {
      readonly type: 'capture';
      readonly event: ReturnType<typeof capture>;
      readonly options: CaptureOptions;
    }
  | { readonly type: 'release'; readonly event: ReturnType<typeof release> }
  | {
      readonly type: 'extend';
      readonly event: ReturnType<typeof extension>;
      readonly lifetimeMs: number;
    }
  | { readonly type: 'reverse'; readonly reversal: Reversal }
  | { readonly type: 'terms'; readonly event: ReturnType<typeof terms>; readonly terms: Terms };

/** The shortest that a hold can last. */
export const SHORT_MS = 1;

const INT64_MAX = 2n ** 63n - 1n;

/** Amounts as they matter in an account: a few units, around what Lua holds exactly, or at the edge of what Redis counts with. */
const SCALES: readonly (readonly bigint[])[] = [
  [0n, 1n, 2n, 5n, 10n, 20n],
  [1n, 1_000n, 10n ** 15n, 2n ** 52n - 1n, 2n ** 52n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n],
  [1n, 7n, 10n ** 15n, 2n ** 53n + 1n, 2n ** 61n, 2n ** 62n, 2n ** 62n + 1n, INT64_MAX],
];
const LIMITS: readonly (readonly bigint[])[] = [
  [0n, 0n, 5n, 30n, 10n ** 15n],
  [0n, 10n ** 15n, 2n ** 53n + 1n],
  // At the edge of 64 bits nothing below zero: what is beyond them there is no amount that a request may carry.
  [0n],
];

/** Operations on a few accounts: the same for a seed and a name. */
export class Operations {
  readonly #random: () => number;
  readonly #name: string;
  readonly #startedMs: number;
  readonly #clients: readonly string[];
  readonly #changes: BalanceChange[] = [];
  readonly #others: Operation[] = [];
  readonly #holds = new Map<string, string[]>();
  readonly #charged = new Map<string, Parameters<typeof reversal>[0][]>();
  #next = 0;

  constructor(seed: number, name: string, startedMs: number) {
    this.#random = seededRandom(seed);
    this.#name = name;
    this.#startedMs = startedMs;
    this.#clients = [0, 1, 2, 3, 4].map((index) => `${name}-${index}`);
  }

  next(): Operation {
    // One stays unopened for a while.
    if (this.#next < this.#clients.length - 1) {
      const client = this.#clients[this.#next++] as string;
      const event = { ...opening(client), amountMicros: this.#amount(client) };
      return { type: 'open', event };
    }
    const operation = this.#again() ?? this.#fresh();
    if (operation.type !== 'open' && operation.type !== 'terms') this.#others.push(operation);
    return operation;
  }

  /** A charge, top-up or adjustment. */
  nextChange(): BalanceChange {
    const sort = this.#random();
    const known = sort < 0.12 ? this.#pick(this.#changes) : undefined;
    const change = known && sort < 0.04 ? this.#altered(known) : (known ?? this.#freshChange());
    this.#changes.push(change);
    return change;
  }

  /** The same again, as retries are. */
  #again(): Operation | undefined {
    return this.#random() < 0.06 ? this.#pick(this.#others.slice(-40)) : undefined;
  }

  #fresh(): Operation {
    const sort = Math.floor(this.#random() * 100);
    if (sort < 3) return { type: 'open', event: this.#opening() };
    if (sort < 40) return { type: 'change', change: this.nextChange() };
    if (sort < 46) {
      const count = this.#random() < 0.02 ? 1_000 : 1 + Math.floor(this.#random() * 30);
      return { type: 'batch', changes: Array.from({ length: count }, () => this.nextChange()) };
    }
    if (sort < 60) return this.#hold();
    if (sort < 75) return this.#capture();
    if (sort < 81) return { type: 'release', event: this.#onHold(release) };
    if (sort < 86) {
      const lifetimeMs = this.#pick([SHORT_MS, HOUR_MS, 2 * HOUR_MS]) as number;
      return { type: 'extend', event: this.#onHold(extension), lifetimeMs };
    }
    if (sort < 94) return this.#reversal();
    return this.#terms();
  }

  #opening() {
    const client = this.#client();
    return { ...opening(client), ...this.#currency(), amountMicros: this.#amount(client) };
  }

  #freshChange(): BalanceChange {
    const client = this.#client();
    const amountMicros = this.#amount(client);
    const sort = this.#random();
    const [id, currency] = [this.#id(), this.#currency()];
    if (sort < 0.2) return { event: { ...topUp(client, amountMicros, id), ...currency } };
    if (sort < 0.3) {
      const signed = this.#random() < 0.5 ? -amountMicros : amountMicros;
      return { event: { ...topUp(client, signed, id), ...currency, kind: 'adjustment' } };
    }
    const event = { ...charge(client, amountMicros, id), ...currency };
    this.#note(this.#charged, client, event);
    if (sort < 0.8) return { event };
    return { event: { ...event, fingerprint: fingerprintOf(amountMicros, 'up to') }, isUpTo: true };
  }

  #altered({ event, ...change }: BalanceChange): BalanceChange {
    const amountMicros = event.amountMicros + 1n;
    const fingerprint = fingerprintOf(amountMicros, 'altered');
    return amountMicros > INT64_MAX
      ? { event, ...change }
      : { event: { ...event, amountMicros, fingerprint }, ...change };
  }

  #hold(): Operation {
    const client = this.#client();
    const lifetimeMs = this.#random() < 0.1 ? SHORT_MS : HOUR_MS;
    const known = this.#random() < 0.1 ? this.#pick(this.#holds.get(client) ?? []) : undefined;
    const event = { ...hold(client, this.#amount(client) || 1n, known ?? this.#id()) };
    this.#note(this.#holds, client, event.id);
    return { type: 'hold', event: { ...event, ...this.#currency() }, lifetimeMs };
  }

  #capture(): Operation {
    const client = this.#client();
    const event = capture(client, this.#holdOf(client), this.#amount(client), this.#id());
    this.#note(this.#charged, client, event);
    const options = { isUpTo: this.#random() < 0.5, isFinal: this.#random() < 0.3 };
    return { type: 'capture', event: { ...event, ...this.#currency() }, options };
  }

  #onHold<Event>(make: (client: string, holdId: string, id: string) => Event) {
    const client = this.#client();
    return make(client, this.#holdOf(client), this.#id());
  }

  #reversal(): Operation {
    const client = this.#client();
    const charged = this.#pick(this.#charged.get(client) ?? []) ?? charge(client, 5n, 'never');
    const part = this.#random() < 0.4 ? undefined : this.#amount(client) || 1n;
    return { type: 'reverse', reversal: reversal(charged, part, this.#id()) };
  }

  #terms(): Operation {
    const client = this.#client();
    const sort = this.#random();
    const status =
      sort < 0.5 ? ('open' as const) : sort < 0.7 ? this.#pick(ACCOUNT_STATUSES) : undefined;
    const creditLimitMicros = sort > 0.6 ? this.#pick(this.#scaled(LIMITS, client)) : undefined;
    const event = terms(client, this.#newId());
    return { type: 'terms', event, terms: { status, creditLimitMicros } };
  }

  #client(): string {
    return this.#pick(this.#clients) as string;
  }

  #currency() {
    return this.#random() < 0.03 ? { currency: 'EUR' } : {};
  }

  #amount(client: string): bigint {
    return this.#pick(this.#scaled(SCALES, client)) as bigint;
  }

  /** The accounts are of different scales. */
  #scaled(scales: readonly (readonly bigint[])[], client: string): readonly bigint[] {
    return scales[Math.min(this.#clients.indexOf(client) >> 1, 2)] as readonly bigint[];
  }

  #holdOf(client: string): string {
    return this.#pick((this.#holds.get(client) ?? []).slice(-4)) ?? 'never';
  }

  #id(): string {
    const sort = this.#random();
    if (sort < 0.01) return this.#ulid(-25 * HOUR_MS);
    if (sort < 0.02) return this.#ulid(HOUR_MS);
    return sort < 0.3 ? this.#ulid(-Math.floor(20 * HOUR_MS * this.#random())) : this.#newId();
  }

  #ulid(afterMs: number): string {
    return ulid(this.#startedMs + afterMs, this.#random);
  }

  #newId(): string {
    return `${this.#name}-${this.#next++}`;
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }

  #note<T>(lists: Map<string, T[]>, client: string, item: T): void {
    const list = lists.get(client) ?? [];
    lists.set(client, list);
    list.push(item);
    if (list.length > 12) list.shift();
  }
}
