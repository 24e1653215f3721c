import { runCallers } from '../harness/callers.ts';
import type { BatchEngine, ChargeEngine } from '../rivals/charge-engine.ts';

export const AMOUNT_MICROS = 1_000n;

/** More than any run can spend, and small enough for the doubles of a script. */
const OPENING_MICROS = 1_000_000_000_000_000n;

/** An engine as the suite calls it. */
export interface Contender {
  readonly name: string;
  /** One call that a caller awaits, on accounts it draws; resolves with the charges that were authorized. */
  readonly call: (nextAccount: () => string) => Promise<number>;
  /** Where its balances are; PING has none. */
  readonly accounts?: Pick<ChargeEngine, 'open' | 'balance'>;
  /** Removes what others than the engine would have taken away by then, such as a relay. Not measured. */
  readonly tidy?: () => Promise<void>;
  readonly retries?: () => number;
  /** Where more callers would only wait for each other, for seconds a call. */
  readonly mostCallers?: number;
}

type Extras = Pick<Contender, 'tidy' | 'retries' | 'mostCallers'>;

export function oneByOne(
  name: string,
  engine: ChargeEngine,
  nextId: () => string,
  extras: Extras = {},
): Contender {
  const call = async (nextAccount: () => string) => {
    const { isAuthorized } = await engine.charge(nextAccount(), nextId(), AMOUNT_MICROS);
    return isAuthorized ? 1 : 0;
  };
  return { name, call, accounts: engine, ...extras };
}

export function inBatches(
  name: string,
  engine: BatchEngine,
  size: number,
  nextId: () => string,
  extras: Extras = {},
): Contender {
  const call = async (nextAccount: () => string) => {
    const charges = Array.from({ length: size }, () => ({
      account: nextAccount(),
      id: nextId(),
      amountMicros: AMOUNT_MICROS,
    }));
    const results = await engine.chargeMany(charges);
    return results.filter(({ isAuthorized }) => isAuthorized).length;
  };
  return { name, call, accounts: engine, ...extras };
}

const AT_ONCE = 1_000;

export interface Measured {
  readonly perSecond: number;
  /** Charges that were answered as made and that the balances do not show: credit spent twice. */
  readonly lost: number;
  readonly retries: number;
}

export type Measure = (callers: number, forMs: number, random: () => number) => Promise<Measured>;

/**
 * Opens accounts of a contender's own; resolves with what measures it on them, and holds what the engine answered
 * against what its balances say.
 */
export async function prepare(contender: Contender, names: readonly string[]): Promise<Measure> {
  const { accounts, tidy, call } = contender;
  const retries = contender.retries ?? (() => 0);
  const totalMicros = async () => {
    if (!accounts) return undefined;
    const balances = await inSlices(names, (name) => accounts.balance(name));
    return balances.reduce((sum, balance) => sum + balance, 0n);
  };

  if (accounts) await inSlices(names, (name) => accounts.open(name, OPENING_MICROS));
  await tidy?.();
  let before = await totalMicros();

  return async (callers, forMs, random) => {
    const nextAccount = () => names[Math.floor(random() * names.length)] as string;
    const retriesBefore = retries();
    const { made, seconds } = await runCallers(callers, forMs, () => call(nextAccount));
    const after = await totalMicros();
    const lost =
      before === undefined || after === undefined
        ? 0
        : made - Number((before - after) / AMOUNT_MICROS);
    before = after;
    await tidy?.();
    return { perSecond: made / seconds, lost, retries: retries() - retriesBefore };
  };
}

async function inSlices<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  }
  return results;
}
