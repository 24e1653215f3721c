import { encodeHead, type UnrecordedEvent } from '#shared/contracts/outbox-entry.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { orUnavailable } from '#shared/platform/redis.ts';
import { type AccountStore, accountScript, receiptArguments, shardTag } from './account-store.ts';
import captureHoldLua from './lua/capture-hold.lua';
import expireHoldsLua from './lua/expire-holds.lua';
import extendHoldLua from './lua/extend-hold.lua';
import placeHoldLua from './lua/place-hold.lua';
import releaseHoldLua from './lua/release-hold.lua';
import takeEffectLua from './lua/take-effect.lua';
import { type Outcome, readOutcome } from './outcome.ts';

type Kind = 'hold' | 'capture' | 'release' | 'extension';
type EventOf<K extends Kind> = Extract<UnrecordedEvent, { kind: K }> & {
  readonly fingerprint: string;
};
type Script = ReturnType<typeof accountScript>;

const placeScript = accountScript('tollgatePlaceHold', takeEffectLua, placeHoldLua);
const captureScript = accountScript('tollgateCaptureHold', takeEffectLua, captureHoldLua);
const releaseScript = accountScript('tollgateReleaseHold', takeEffectLua, releaseHoldLua);
const extendScript = accountScript('tollgateExtendHold', takeEffectLua, extendHoldLua);
const expireScript = accountScript('tollgateExpireHolds', expireHoldsLua);

async function change<Refusal extends string>(
  store: AccountStore,
  script: Script,
  event: EventOf<Kind>,
  ...args: readonly (string | number)[]
): Promise<Outcome<Refusal>> {
  const reply = await orUnavailable(
    script(store.redis, store.replication)(
      [shardTag(shardOf(event.client, store.shards))],
      [
        ...receiptArguments(store, event),
        encodeHead(event),
        event.client,
        'currency' in event ? event.currency : '',
        ...args,
      ],
    ),
  );
  return readOutcome(reply as string, event.fingerprint);
}

export type HoldRefusal =
  | 'account_frozen'
  | 'account_closed'
  | 'insufficient_balance'
  | 'hold_exists';

/** Keeps the amount of the event back for `lifetimeMs`. `values`: held in all, expires at. */
export function placeHold(store: AccountStore, event: EventOf<'hold'>, lifetimeMs: number) {
  const amount = event.amountMicros.toString();
  return change<HoldRefusal>(store, placeScript, event, amount, lifetimeMs, event.id);
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
  return change<CaptureRefusal>(
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
  return change<'account_closed' | 'unknown_hold'>(store, releaseScript, event, event.holdId);
}

/** Lets a hold last for `lifetimeMs` from now, never shorter than it would have. `values`: held in all, expires at. */
export function extendHold(store: AccountStore, event: EventOf<'extension'>, lifetimeMs: number) {
  return change<'account_frozen' | 'account_closed' | 'unknown_hold'>(
    store,
    extendScript,
    event,
    event.holdId,
    lifetimeMs,
  );
}

/** Most holds that one call gives back, as in holds.lua. */
export const MAX_EXPIRIES = 1_000;

/** Gives back what expired holds of a shard keep, a bounded number; returns how many. */
export async function expireHolds(
  store: Pick<AccountStore, 'redis' | 'replication'>,
  shard: number,
): Promise<number> {
  return (await expireScript(store.redis, store.replication)([shardTag(shard)], [])) as number;
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
