import type { UnrecordedEvent } from '#shared/contracts/outbox-entry.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { orUnavailable } from '#shared/platform/redis.ts';
import { type AccountStore, accountScript, shardTag } from './account-store.ts';
import captureHoldLua from './lua/capture-hold.lua';
import expireHoldsLua from './lua/expire-holds.lua';
import extendHoldLua from './lua/extend-hold.lua';
import placeHoldLua from './lua/place-hold.lua';
import releaseHoldLua from './lua/release-hold.lua';
import { effectScript, takeEffect } from './take-effect.ts';

type Kind = 'hold' | 'capture' | 'release' | 'extension';
type EventOf<K extends Kind> = Extract<UnrecordedEvent, { kind: K }> & {
  readonly fingerprint: string;
};

const placeScript = effectScript('tollgatePlaceHold', placeHoldLua);
const captureScript = effectScript('tollgateCaptureHold', captureHoldLua);
const releaseScript = effectScript('tollgateReleaseHold', releaseHoldLua);
const extendScript = effectScript('tollgateExtendHold', extendHoldLua);
const expireScript = accountScript('tollgateExpireHolds', expireHoldsLua);

export type HoldRefusal =
  | 'account_frozen'
  | 'account_closed'
  | 'insufficient_balance'
  | 'hold_exists';

/** Keeps the amount of the event back for `lifetimeMs`. `values`: held in all, expires at. */
export function placeHold(store: AccountStore, event: EventOf<'hold'>, lifetimeMs: number) {
  const amount = event.amountMicros.toString();
  return takeEffect<HoldRefusal>(store, placeScript, event, amount, lifetimeMs, event.id);
}

export interface CaptureOptions {
  /** Takes what is left of the hold where that is less. */
  readonly isUpTo: boolean;
  /** Gives back what the hold keeps beyond this. */
  readonly isFinal: boolean;
}

export type CaptureRefusal = 'account_closed' | 'unknown_hold' | 'insufficient_hold';

/** Takes the amount of the event from its hold. `values`: held in all, amount taken, left in the hold. */
export function captureHold(
  store: AccountStore,
  event: EventOf<'capture'>,
  { isUpTo, isFinal }: CaptureOptions,
) {
  return takeEffect<CaptureRefusal>(
    store,
    captureScript,
    event,
    event.holdId,
    event.amountMicros.toString(),
    isUpTo ? 'up_to' : '',
    isFinal ? 'final' : '',
  );
}

/** Gives back what a hold keeps. `values`: held in all, amount given back. */
export function releaseHold(store: AccountStore, event: EventOf<'release'>) {
  return takeEffect<'account_closed' | 'unknown_hold'>(store, releaseScript, event, event.holdId);
}

/** Lets a hold last for `lifetimeMs` from now, never shorter than it would have. `values`: held in all, expires at. */
export function extendHold(store: AccountStore, event: EventOf<'extension'>, lifetimeMs: number) {
  return takeEffect<'account_frozen' | 'account_closed' | 'unknown_hold'>(
    store,
    extendScript,
    event,
    event.holdId,
    lifetimeMs,
  );
}

/** Most holds that one call gives back, as in holds.lua. */
export const MAX_EXPIRIES = 1_000;

/** Gives back what expired holds of a shard keep, a bounded number; returns how many. Nobody waits for an answer, so that no replica needs to have it. */
export async function expireHolds(
  { redis }: Pick<AccountStore, 'redis'>,
  shard: number,
): Promise<number> {
  return (await expireScript(redis)([shardTag(shard)], [])) as number;
}

export interface ActiveHold {
  readonly id: string;
  readonly leftMicros: bigint;
  readonly expiresAtMs: number;
}

/** The holds of a client that keep something back, in no order. */
export async function readHolds(
  store: Pick<AccountStore, 'redis' | 'shards'>,
  client: string,
): Promise<ActiveHold[]> {
  const key = `${shardTag(shardOf(client, store.shards))}:holds:${client}`;
  const fields = await orUnavailable(store.redis.hgetall(key));
  return Object.entries(fields).map(([id, kept]) => {
    const [left, expiresAt] = kept.split(' ') as [string, string];
    return { id, leftMicros: BigInt(left), expiresAtMs: Number(expiresAt) };
  });
}
