import type { PackagingRules } from '#shared/domain/carry-over.ts';
import { type InvoiceState, mayBePending } from '#shared/domain/invoice.ts';
import type { CorrectionLine, PackageLine } from '#shared/domain/package-line.ts';
import { correctedPackage } from '#shared/domain/packaging.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { putCorrection, readNextRevision, readPackage } from './correction-store.ts';
import { DamagedLinesError, type FrozenPackage, unpackLines } from './frozen-package.ts';
import type { HistoryEntry, InvoiceItem, invoiceKeyOf } from './invoice-item.ts';
import { readLines } from './lines-store.ts';
import type { PackageStore } from './package-store.ts';

export interface Correcting {
  readonly packages: PackageStore;
  readonly shards: number;
  readonly rules: PackagingRules;
  readonly nowMs: () => number;
}

export interface Wish {
  /** For those who read it later. */
  readonly reason: string;
  readonly lines: readonly Omit<CorrectionLine, 'kind'>[];
  /** Whether a person has made sure that the invoice API does not have it, where that is not known here. */
  readonly isNotTaken: boolean;
  /** Who asks for it: the id of an API key. */
  readonly keyId: string;
}

export type CorrectionResult =
  | { readonly type: 'corrected'; readonly made: FrozenPackage }
  | { readonly type: 'not_found' }
  | {
      readonly type: 'not_correctable';
      readonly why: 'not_parked' | 'superseded' | 'may_be_pending' | 'damaged' | 'too_many_lines';
      readonly state: InvoiceState;
      readonly parkedFor?: string | undefined;
      readonly supersededBy?: string | undefined;
    };

/** A correction can be corrected: so much of all of them fits beside the other lines. */
export const MAX_CORRECTION_LINES = 100;

const MAX_TRIES = 5;

/**
 * Puts another revision in the place of a parked package: its lines as they are, and these. The old one changes its
 * state and nothing else. What may have been taken by the invoice API after all is not corrected, unless a person has made
 * sure that it was not.
 */
export async function correctPackage(
  correcting: Correcting,
  key: ReturnType<typeof invoiceKeyOf>,
  wish: Wish,
): Promise<CorrectionResult> {
  const { packages, shards, rules } = correcting;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const old = await readPackage(packages, key);
    if (!old) return { type: 'not_found' };
    const { client, period } = old;
    const lines = linesOf({ item: old, packed: await readLines(packages, old) });
    const why = whyNot(old, lines, wish);
    if (why || !lines) return notCorrectable(old, why ?? 'damaged');
    const corrections = wish.lines.map((line) => ({ kind: 'correction' as const, ...line }));
    const revision = await readNextRevision(packages, client, period);
    const made = correctedPackage({ ...old, lines }, corrections, revision, rules);
    const nowMs = correcting.nowMs();
    const entries = historyOf(old, made.id, wish, nowMs);
    const shard = shardOf(client, shards);
    const frozen = await putCorrection(packages, shard, old, made, entries, nowMs);
    if (frozen) return { type: 'corrected', made: frozen };
  }
  throw new Error(`invoice ${key.pk} ${key.sk} kept changing`);
}

function linesOf(frozen: FrozenPackage): PackageLine[] | undefined {
  try {
    return unpackLines(frozen).lines;
  } catch (error) {
    if (error instanceof DamagedLinesError) return undefined;
    throw error;
  }
}

type WhyNot = Extract<CorrectionResult, { type: 'not_correctable' }>['why'];

function whyNot(
  { state, reason, history }: InvoiceItem,
  lines: readonly PackageLine[] | undefined,
  wish: Wish,
): WhyNot | undefined {
  if (state === 'superseded') return 'superseded';
  if (state !== 'parked') return 'not_parked';
  if (mayBePending(reason, history) && !wish.isNotTaken) return 'may_be_pending';
  if (!lines) return 'damaged';
  const before = lines.filter(({ kind }) => kind === 'correction').length;
  return before + wish.lines.length > MAX_CORRECTION_LINES ? 'too_many_lines' : undefined;
}

function notCorrectable(
  { state, reason, supersededBy }: InvoiceItem,
  why: WhyNot,
): CorrectionResult {
  return {
    ...{ type: 'not_correctable', why, state },
    ...(state === 'parked' && { parkedFor: reason }),
    ...(supersededBy !== undefined && { supersededBy }),
  };
}

/** What is noted on the old package, and on the new one. */
function historyOf(
  old: InvoiceItem,
  newId: string,
  { reason, isNotTaken, keyId }: Wish,
  nowMs: number,
): [HistoryEntry, HistoryEntry] {
  const entry = { atMs: BigInt(Math.round(nowMs)), call: 'correct' as const };
  const sure = isNotTaken ? 'the invoice API is said not to have it; ' : '';
  const who = `${sure}asked for with API key ${keyId}`;
  return [
    { ...entry, answer: 'superseded', detail: `${newId} takes its place: ${reason}; ${who}` },
    { ...entry, answer: 'made', detail: `takes the place of ${old.id}: ${reason}; ${who}` },
  ];
}
