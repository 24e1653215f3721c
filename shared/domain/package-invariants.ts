import type { CarryOver } from './carry-over.ts';
import type { InvoiceState } from './invoice.ts';
import {
  type CarryOverLine,
  isMeteredLine,
  meteredSums,
  type PackageLine,
  paidOf,
  totalOf,
} from './package-line.ts';
import { foldUsage, type UsageSum } from './usage.ts';

/** A package at rest, as far as the invariants go. */
export interface StoredPackage {
  readonly id: string;
  readonly client: string;
  readonly currency: string;
  readonly state: InvoiceState;
  readonly totalMicros: bigint;
  readonly paidMicros: bigint;
  readonly lines: readonly PackageLine[];
  readonly isLeft?: boolean | undefined;
  readonly carriedTo?: string | undefined;
  readonly corrects?: string | undefined;
  readonly supersededBy?: string | undefined;
}

/** Whether the lines of a package count: those of a superseded one live on in its successor. */
function isStanding({ state }: Pick<StoredPackage, 'state'>): boolean {
  return state !== 'superseded';
}

/**
 * What packages bill of daily records: at rest the same, key by key, so that no amount is in two packages and none
 * in none. Adds to the sums in `folded` if given.
 */
export function billedBy(
  packages: Iterable<Pick<StoredPackage, 'state' | 'lines'>>,
  folded = new Map<string, UsageSum>(),
): Map<string, UsageSum> {
  for (const each of packages) if (isStanding(each)) foldUsage(meteredSums(each.lines), folded);
  return folded;
}

type Carried = Pick<CarryOver, 'amountMicros' | 'paidMicros'>;

/** How a package is tied to others. Small, so that those of all packages fit into memory. */
export interface PackageLinks extends Omit<StoredPackage, 'lines'> {
  readonly carried: readonly Pick<CarryOverLine, 'from' | 'amountMicros' | 'paidMicros'>[];
  readonly metered: { readonly lines: number; readonly amountMicros: bigint };
  /** What its lines come to. */
  readonly summed: Carried;
}

/** The links of a package; undefined where it has none, no other may name it, and its sums are those of its lines. */
export function linksOf(stored: StoredPackage): PackageLinks | undefined {
  const carried = stored.lines.filter((line) => line.kind === 'carry_over');
  const { state, corrects, carriedTo, isLeft } = stored;
  const isTied = carried.length > 0 || corrects !== undefined || carriedTo !== undefined || isLeft;
  const summed = { amountMicros: totalOf(stored.lines), paidMicros: paidOf(stored.lines) };
  if (!isTied && isStanding({ state }) && isSummedIn(stored, summed)) return undefined;
  const metered = stored.lines.filter(isMeteredLine);
  const { lines: _lines, ...rest } = stored;
  return {
    ...rest,
    carried,
    metered: { lines: metered.length, amountMicros: totalOf(metered) },
    summed,
  };
}

function isSummedIn(
  { totalMicros, paidMicros }: Pick<StoredPackage, 'totalMicros' | 'paidMicros'>,
  summed: PackageLinks['summed'],
): boolean {
  return totalMicros === summed.amountMicros && paidMicros === summed.paidMicros;
}

export interface PackageFinding {
  readonly client: string;
  /** The package to look at. */
  readonly invoice: string;
  readonly problem:
    | 'sums_not_of_lines'
    | 'left_and_not_open'
    | 'carried_and_not_left'
    | 'carried_without_line'
    | 'line_without_carry'
    | 'mark_without_package'
    | 'superseded_without_successor'
    | 'correction_without_superseded';
  /** The other package, or the amount that does not fit. */
  readonly detail: string;
}

/** All that is tied: packages by id, and what is open. */
export interface Ties {
  readonly links: ReadonlyMap<string, PackageLinks>;
  readonly marks: readonly CarryOver[];
}

/**
 * Sums: the total of each package, and what is paid of it, are those of its lines. Carry-over: each package that leaves
 * its total is skipped and either open or taken over by exactly one standing package, whose line names it with that
 * total and what is paid of it; no other line and no other mark is there. Corrections: each superseded package has one
 * successor, which names it and bills what it billed. So what is paid of the packages that are sent, of those given up and of
 * what is open comes to all that balances have paid.
 */
export function* packageFindings({ links, marks }: Ties): Generator<PackageFinding> {
  const open = new Map(marks.map((mark) => [mark.from, mark]));
  for (const one of links.values()) {
    const found = (problem: PackageFinding['problem'], detail: string) => {
      return { client: one.client, invoice: one.id, problem, detail };
    };
    if (!isSummedIn(one, one.summed)) yield found('sums_not_of_lines', describe(one.summed));
    if (one.isLeft || one.carriedTo !== undefined) {
      if (!one.isLeft) yield found('carried_and_not_left', `carried to ${one.carriedTo}`);
      const isOpen = open.has(one.id);
      if (isOpen === (one.carriedTo !== undefined)) {
        yield found('left_and_not_open', isOpen ? 'is taken over and still open' : 'is neither');
      }
    }
    if (one.carriedTo !== undefined && !takes(links.get(one.carriedTo), one)) {
      yield found('carried_without_line', `no line of ${one.carriedTo} takes it over once`);
    }
    if (isStanding(one)) {
      for (const line of one.carried) {
        const left = links.get(line.from);
        const isTaken = left?.carriedTo === one.id && fits(left, one, line);
        if (!isTaken) yield found('line_without_carry', `${line.from}, ${describe(line)}`);
      }
    } else if (links.get(one.supersededBy ?? '')?.corrects !== one.id) {
      yield found('superseded_without_successor', one.supersededBy ?? 'names none');
    }
    if (one.corrects !== undefined && !replaces(one, links.get(one.corrects))) {
      yield found('correction_without_superseded', one.corrects);
    }
  }
  for (const mark of marks) {
    const left = links.get(mark.from);
    const isRight = left?.isLeft && fits(left, mark, mark);
    if (isRight) continue;
    yield {
      ...{ client: mark.client, invoice: mark.from, problem: 'mark_without_package' },
      detail: `${describe(mark)} in ${mark.currency}`,
    };
  }
}

function describe({ amountMicros, paidMicros }: Carried): string {
  return `${amountMicros} micro-units, ${paidMicros} of them paid`;
}

function takes(taker: PackageLinks | undefined, left: PackageLinks): boolean {
  return (
    taker !== undefined &&
    isStanding(taker) &&
    taker.carried.filter(({ from }) => from === left.id).length === 1
  );
}

function fits(
  left: PackageLinks,
  to: { readonly client: string; readonly currency: string },
  { amountMicros, paidMicros }: Carried,
): boolean {
  return (
    left.state === 'skipped' &&
    left.client === to.client &&
    left.currency === to.currency &&
    left.totalMicros === amountMicros &&
    left.paidMicros === paidMicros
  );
}

function replaces(one: PackageLinks, old: PackageLinks | undefined): boolean {
  return (
    old?.supersededBy === one.id &&
    !isStanding(old) &&
    old.client === one.client &&
    old.currency === one.currency &&
    old.metered.lines === one.metered.lines &&
    old.metered.amountMicros === one.metered.amountMicros
  );
}
