import * as z from 'zod/mini';
import { httpHandler, json, parseParameter } from '#shared/platform/http.ts';
import { log } from '#shared/platform/log.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import { rebuildBalances } from '../rebuild/rebuild-balances.ts';
import { wireRebuild } from '../rebuild/rebuild-wiring.ts';

const shardText = z
  .string()
  .check(z.regex(/^(0|[1-9]\d{0,2})$/, { error: 'must be a whole number' }));
const flag = z.optional(z.enum(['true', 'false']));

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const shard = Number(parseParameter('shard', request.pathParameters?.shard, shardText));
  const whole = request.queryStringParameters?.takeLedgerAsWhole;
  const takesLedgerAsWhole = parseParameter('takeLedgerAsWhole', whole, flag) === 'true';
  const rebuild = wireRebuild();
  if (shard >= rebuild.accounts.shards) {
    throw new ProblemError('not_found', `The shards are 0 to ${rebuild.accounts.shards - 1}.`);
  }
  const answer = await rebuildBalances(rebuild, shard, { takesLedgerAsWhole });
  log.info('rebuild', { ...answer });
  return json(200, answer);
});
