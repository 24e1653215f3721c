import type { LedgerStore, UsageStore } from '#services/aggregation/public.ts';
import type { PackageStore } from '#services/packaging/public.ts';
import type { Tree } from '#shared/domain/merkle.ts';
import type { MeteredLine } from '#shared/domain/package-line.ts';
import type { KeptDelta } from '#shared/domain/usage-tree.ts';
import type { LineRecord } from './frozen-invoice.ts';

export interface Explaining {
  readonly packages: PackageStore;
  readonly usage: UsageStore;
  readonly ledger: LedgerStore;
  readonly shards: number;
  readonly last: LastLine;
}

/** The line that was explained last: what is behind a frozen line stays as it is, and its next page is likely to be asked for. */
export interface LastLine {
  of?: string;
  line?: ProvableLine;
}

/** A metered line with what its events are proven by; all of it was compared with what was frozen. */
export interface ProvableLine {
  readonly line: MeteredLine;
  readonly record: LineRecord;
  /** Over the roots of the deltas. */
  readonly tree: Tree;
  readonly places: readonly PlacedDelta[];
}

/** A delta with its place among the deltas, and that of its first event among the events. */
export interface PlacedDelta {
  readonly delta: KeptDelta;
  readonly place: number;
  readonly start: number;
}
