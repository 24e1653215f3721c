import { formatMicros, parseMicros } from '#shared/domain/money.ts';
import type { LoadPlan, PlannedAccount, PlannedCharge } from './plan.ts';
import type { Answer, Exchange } from './send.ts';

/** One thing that must hold after the load. */
export interface Check {
  readonly name: string;
  readonly checked: number;
  readonly wrong: number;
  /** The first thing that is wrong, in words. */
  readonly first?: string;
}

export interface Outcome {
  readonly authorized: number;
  readonly refused: number;
  /** Charges that have no answer to go by. */
  readonly unknown: number;
  readonly checks: readonly Check[];
  readonly isExact: boolean;
}

/** What the API says of an account after the load. */
export interface FinalBalance {
  readonly balance: string;
  readonly available: string;
}

/**
 * Recomputes from the requests and the answers alone what every account must hold, and compares. Nothing else may have
 * touched the accounts, and nothing was paid in, so balances only fall.
 */
export function checkLoad(
  { accounts, charges }: LoadPlan,
  exchanges: readonly Exchange[],
  balances: ReadonlyMap<string, FinalBalance>,
): Outcome {
  const byId = Map.groupBy(exchanges, ({ charge }) => charge.id);
  const fates = charges.map((charge) => fateOf(charge, byId.get(charge.id) ?? []));
  const byClient = Map.groupBy(fates, ({ charge }) => charge.client);
  const ledgers = accounts.map((account) => ledgerOf(account, byClient.get(account.client) ?? []));
  const checks = [
    checkAnswered(fates),
    checkRepeats(fates),
    checkFinalBalances(ledgers, balances),
    checkRunningBalances(ledgers),
    checkRefusals(ledgers),
  ];
  return {
    authorized: fates.filter(isAuthorized).length,
    refused: fates.filter(({ refused }) => refused.length > 0).length,
    unknown: fates.filter((fate) => !isAnswered(fate)).length,
    checks,
    isExact: checks.every(({ wrong }) => wrong === 0),
  };
}

/** All that is known of one charge, however often it was sent. */
interface Fate {
  readonly charge: PlannedCharge;
  readonly firstSentAtMs: number;
  readonly authorized: readonly Verdict[];
  readonly refused: readonly Verdict[];
  /** The last answer that is neither. */
  readonly other?: Answer;
}

interface Verdict {
  readonly atMs: number;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

function fateOf(charge: PlannedCharge, exchanges: readonly Exchange[]): Fate {
  const answers = exchanges.flatMap(({ answer }) => answer ?? []);
  const verdicts = answers.flatMap((answer) => verdictOf(answer) ?? []);
  const other = answers.findLast((answer) => verdictOf(answer) === undefined);
  return {
    charge,
    firstSentAtMs: Math.min(...exchanges.map(({ sentAtMs }) => sentAtMs)),
    authorized: verdicts.filter(({ body }) => body.isAuthorized === true),
    refused: verdicts.filter(({ body }) => body.isAuthorized === false),
    ...(other && { other }),
  };
}

function verdictOf({ atMs, status, body: text }: Answer): Verdict | undefined {
  if (status !== 200) return undefined;
  try {
    const body: unknown = JSON.parse(text);
    const isVerdict = typeof body === 'object' && body !== null && 'isAuthorized' in body;
    return isVerdict ? { atMs, text, body: body as Verdict['body'] } : undefined;
  } catch {
    return undefined;
  }
}

const isAuthorized = ({ authorized }: Fate) => authorized.length > 0;
const isAnswered = ({ authorized, refused }: Fate) => authorized.length + refused.length > 0;

function checkAnswered(fates: readonly Fate[]): Check {
  return check('charges have an answer', fates, (fate) => {
    if (isAnswered(fate)) return undefined;
    const { charge, other, firstSentAtMs } = fate;
    if (other) return `${charge.id} was answered ${other.status}: ${other.body.slice(0, 300)}`;
    return `${charge.id} ${firstSentAtMs === Number.POSITIVE_INFINITY ? 'was not sent' : 'has no answer'}`;
  });
}

/** Refusals are not remembered, so two may differ; but as balances only fall, no id has both kinds of answer. */
function checkRepeats(fates: readonly Fate[]): Check {
  const repeated = fates.filter(
    ({ authorized, refused }) => authorized.length + refused.length > 1,
  );
  return check('repeated ids have one answer, byte for byte', repeated, (fate) => {
    const { charge, authorized, refused } = fate;
    const [first] = authorized;
    const other = [...authorized, ...refused].find(({ text }) => text !== first?.text);
    return first && other && `${charge.id} was answered ${first.text} and ${other.text}`;
  });
}

interface Ledger {
  readonly account: PlannedAccount;
  readonly authorized: readonly Fate[];
  readonly refused: readonly Fate[];
}

function ledgerOf(account: PlannedAccount, fates: readonly Fate[]): Ledger {
  return {
    account,
    authorized: fates.filter(isAuthorized),
    refused: fates.filter(({ refused }) => refused.length > 0),
  };
}

const sumOf = (fates: readonly Fate[]) =>
  fates.reduce((sum, { charge }) => sum + charge.amountMicros, 0n);

function checkFinalBalances(
  ledgers: readonly Ledger[],
  balances: ReadonlyMap<string, FinalBalance>,
): Check {
  return check('final balances are right to the micro-unit', ledgers, ({ account, authorized }) => {
    const expected = formatMicros(account.openingMicros - sumOf(authorized), 2);
    const { balance, available } = balances.get(account.client) ?? {};
    if (balance === expected && available === expected) return undefined;
    return `${account.client} was opened with ${formatMicros(account.openingMicros, 2)} and was charged ${formatMicros(sumOf(authorized), 2)}, which leaves ${expected}; the API says ${balance}, of which ${available} is available`;
  });
}

/** Each answer tells the balance that its charge left. In the order of falling balances, each must follow from the one before. */
function checkRunningBalances(ledgers: readonly Ledger[]): Check {
  const steps = ledgers.flatMap(({ account, authorized }) => {
    const falling = authorized
      .map(({ charge, authorized: [verdict] }) => ({
        charge,
        balanceMicros: parseMicros(String(verdict?.body.balance)),
      }))
      .toSorted((a, b) => ((a.balanceMicros ?? 0n) > (b.balanceMicros ?? 0n) ? -1 : 1));
    return falling.map((step, index) => {
      const before = index === 0 ? account.openingMicros : falling[index - 1]?.balanceMicros;
      return { ...step, before: before ?? 0n };
    });
  });
  return check('balances in the answers follow one another', steps, (step) => {
    const { charge, before, balanceMicros } = step;
    if (balanceMicros === before - charge.amountMicros) return undefined;
    return `${charge.id} took ${formatMicros(charge.amountMicros, 2)} from ${charge.client}, whose balance before was ${formatMicros(before, 2)}, and was answered a balance of ${balanceMicros === undefined ? 'none' : formatMicros(balanceMicros, 2)}`;
  });
}

/**
 * When a refusal was answered, at most the charges sent by then had been taken. Had even those left enough, there was
 * enough at every moment that the refusal can have been decided at.
 */
function checkRefusals(ledgers: readonly Ledger[]): Check {
  const refusals = ledgers.flatMap(({ account, authorized, refused }) => {
    const taken = authorized.toSorted((a, b) => a.firstSentAtMs - b.firstSentAtMs);
    const verdicts = refused
      .flatMap(({ charge, refused: all }) => all.map((verdict) => ({ charge, verdict })))
      .toSorted((a, b) => a.verdict.atMs - b.verdict.atMs);
    let leastMicros = account.openingMicros;
    let next = 0;
    return verdicts.map(({ charge, verdict }) => {
      for (; (taken[next]?.firstSentAtMs ?? Number.POSITIVE_INFINITY) < verdict.atMs; next += 1) {
        leastMicros -= (taken[next] as Fate).charge.amountMicros;
      }
      return { charge, reason: verdict.body.reason, leastMicros };
    });
  });
  return check('refusals are true', refusals, ({ charge, reason, leastMicros }) => {
    if (reason !== 'insufficient_balance') return `${charge.id} was refused as ${reason}`;
    if (charge.amountMicros > leastMicros) return undefined;
    return `${charge.id} over ${formatMicros(charge.amountMicros, 2)} was refused, while ${charge.client} had at least ${formatMicros(leastMicros, 2)}`;
  });
}

function check<T>(
  name: string,
  items: readonly T[],
  findWrong: (item: T) => string | undefined,
): Check {
  const wrong = items.flatMap((item) => findWrong(item) ?? []);
  const [first] = wrong;
  return {
    name,
    checked: items.length,
    wrong: wrong.length,
    ...(first !== undefined && { first }),
  };
}
