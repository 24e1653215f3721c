import { randomUUID } from 'node:crypto';
import type { FoldedAccount } from '#shared/domain/account-fold.ts';
import { luaScript } from '#shared/platform/lua.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import { orUnavailable, type RedisClient } from '#shared/platform/redis.ts';
import { shardTag } from '../account-store.ts';
import restoreAccountsLua from './lua/restore-accounts.lua';
import restoreEndLua from './lua/restore-end.lua';
import restoreReceiptsLua from './lua/restore-receipts.lua';
import restoringLua from './lua/restoring.lua';

const restoringScript = (name: string, lua: string) => luaScript(name, `${restoringLua}\n${lua}`);

const receiptsScript = restoringScript('tollgateRestoreReceipts', restoreReceiptsLua);
const accountsScript = restoringScript('tollgateRestoreAccounts', restoreAccountsLua);
const endScript = restoringScript('tollgateRestoreEnd', restoreEndLua);

/** Longer than the function that restores may run. */
const MAX_DURATION_MS = 600_000;

/**
 * Puts a shard back step by step. May be stopped after any step and begun anew, run twice at once, or run beside
 * changes of accounts: what is there stays as it is. Every step throws `ProblemError` unavailable where the store does
 * not answer, or was lost again since the beginning.
 */
export class Restoring {
  readonly #redis: RedisClient;
  readonly #tag: string;
  readonly #name = randomUUID();
  #steps = 0;

  private constructor(redis: RedisClient, shard: number) {
    this.#redis = redis;
    this.#tag = shardTag(shard);
  }

  /** To be called before the ledger is read. */
  static async begin(redis: RedisClient, shard: number): Promise<Restoring> {
    const restoring = new Restoring(redis, shard);
    const key = `${restoring.#tag}:restoring:${restoring.#name}`;
    await orUnavailable(redis.set(key, 0, 'PX', MAX_DURATION_MS));
    return restoring;
  }

  /** Receipts of one slice, as field, value, field, value…; returns how many were not there. */
  async receipts(slice: number, expiresAtMs: number, fields: readonly string[]): Promise<number> {
    return (await this.#step(receiptsScript, [slice, expiresAtMs, ...fields])) as number;
  }

  /** Returns how many accounts were not there, and how many holds those have. */
  async accounts(accounts: readonly FoldedAccount[]): Promise<{ accounts: number; holds: number }> {
    const reply = await this.#step(accountsScript, accounts.flatMap(argumentsOf));
    const [restored, holds] = reply as [number, number];
    return { accounts: restored, holds };
  }

  /** Says that the shard has all its accounts. */
  async complete(): Promise<void> {
    await this.#step(endScript, [new Date().toISOString()]);
  }

  async #step(script: typeof endScript, args: readonly (string | number)[]): Promise<unknown> {
    const reply = await orUnavailable(
      script(this.#redis)([this.#tag], [this.#name, this.#steps, ...args]),
    );
    if (reply === 'lost') {
      throw new ProblemError(
        'unavailable',
        'The balance store was lost while it was restored. Ask again.',
        { retryAfterSeconds: 10 },
      );
    }
    this.#steps += 1;
    return reply;
  }
}

function argumentsOf(account: FoldedAccount): (string | number)[] {
  const { holds, reversed, terms } = account;
  return [
    account.client,
    account.currency,
    account.openingMicros.toString(),
    account.balanceMicros.toString(),
    account.hasHadHolds ? account.heldMicros.toString() : '',
    terms?.status ?? '',
    terms?.creditLimitMicros.toString() ?? '',
    holds.size,
    reversed.size,
    ...[...holds].flatMap(([id, { leftMicros, expiresAtMs }]) => [
      id,
      leftMicros.toString(),
      expiresAtMs,
    ]),
    ...[...reversed].flatMap(([charge, totalMicros]) => [charge, totalMicros.toString()]),
  ];
}
