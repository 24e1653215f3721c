import {
  DamagedLinesError,
  type FrozenPackage,
  type InvoiceItem,
  type PackageStore,
  readPackages,
  unpackLines,
} from '#services/packaging/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import {
  isMeteredLine,
  type MeteredLine,
  type PackageLine,
  paidOf,
  totalOf,
} from '#shared/domain/package-line.ts';
import { addTotals, NO_TOTALS, type Totals } from '#shared/domain/totals.ts';
import { type TreeHead, usageKeyOf } from '#shared/domain/usage.ts';
import { inconsistent } from './inconsistent.ts';

export interface InvoiceName {
  readonly id: string;
  readonly client: string;
  readonly period: HalfMonth;
}

/** An invoice with the lines of all packages of its client and half month, as they were frozen. */
export interface FrozenInvoice {
  readonly item: InvoiceItem;
  /** What its hash is over. */
  readonly text: string;
  readonly lines: readonly PackageLine[];
  /** By `usageKeyOf`. */
  readonly metered: ReadonlyMap<string, readonly TreeLine[]>;
}

/** A tree, and the line that it was frozen with. */
interface FrozenTree extends TreeHead {
  readonly invoice: string;
  readonly line: number;
}

interface TreeLine {
  readonly line: MeteredLine;
  readonly tree: FrozenTree;
}

/** What the daily record of a line was when it was frozen, and what earlier packages had billed of it. */
export interface LineRecord {
  readonly at: Totals;
  readonly billedBefore: Totals;
  readonly tree: TreeHead;
  readonly treeBefore?: FrozenTree;
}

/** Undefined where there is no such invoice. Throws `ProblemError` explanation_inconsistent where lines are not what was frozen, or come to another total. */
export async function readFrozenInvoice(
  store: PackageStore,
  { id, client, period }: InvoiceName,
): Promise<FrozenInvoice | undefined> {
  const found = await Array.fromAsync(readPackages(store, client, period));
  const own = found.find(({ item }) => item.id === id);
  if (!own) return undefined;
  const metered = found.flatMap(treeLinesOf);
  const { lines, text } = readable(own);
  checkSums(own.item, lines);
  return {
    item: own.item,
    text,
    lines,
    metered: Map.groupBy(metered, ({ line }) => usageKeyOf(line)),
  };
}

function treeLinesOf(frozen: FrozenPackage): TreeLine[] {
  const invoice = frozen.item.id;
  return readable(frozen).lines.flatMap((line, index) =>
    isMeteredLine(line) && line.tree
      ? [{ line, tree: { ...line.tree, invoice, line: index } }]
      : [],
  );
}

/** The hash is over the lines alone: what the invoice says beside them has to follow from them. */
function checkSums(
  { id, currency, totalMicros, paidMicros }: InvoiceItem,
  lines: readonly PackageLine[],
): void {
  if (totalOf(lines) !== totalMicros || paidOf(lines) !== paidMicros) {
    throw inconsistent(`The lines of ${id} come to something else than it says.`);
  }
  if (lines.some((line) => isMeteredLine(line) && line.currency !== currency)) {
    throw inconsistent(`A line of ${id} is in another currency.`);
  }
}

function readable(frozen: FrozenPackage) {
  try {
    return unpackLines(frozen);
  } catch (cause) {
    if (!(cause instanceof DamagedLinesError)) throw cause;
    throw inconsistent(`${cause.message}.`, cause);
  }
}

/**
 * Trees only grow: of the lines of one day and key, the one with the next smaller tree is what was billed before. A
 * correction holds the lines of the package that it stands for, with the same trees; those count once, as its own.
 * Undefined for a line from before there were trees.
 */
export function recordOf(
  line: MeteredLine,
  metered: FrozenInvoice['metered'],
): LineRecord | undefined {
  const { tree } = line;
  if (!tree) return undefined;
  const ofKey = metered.get(usageKeyOf(line)) ?? [];
  const earlier = ofKey.filter((other) => other.tree.size < tree.size);
  const bySize = [...new Map(earlier.map((other) => [other.tree.size, other]))].sort(
    ([a], [b]) => a - b,
  );
  const billedBefore = bySize.reduce((sum, [, other]) => addTotals(sum, other.line), NO_TOTALS);
  const treeBefore = bySize.at(-1)?.[1].tree;
  const at = addTotals(billedBefore, line);
  if (at.events !== tree.size || billedBefore.events !== (treeBefore?.size ?? 0)) {
    throw inconsistent(
      `The lines for ${line.meter} on ${line.day} (${line.source}) do not add up to the ${tree.size} events of its tree.`,
    );
  }
  return { at, billedBefore, tree, ...(treeBefore && { treeBefore }) };
}
