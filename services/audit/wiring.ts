import { LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { connectDynamo, connectImpatientDynamo } from '#shared/platform/dynamo.ts';
import { readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import { connectRedisOf, redisSettings, shards } from '#shared/platform/settings.ts';
import type { Explaining } from './explain/explaining.ts';
import type { ProofStore } from './proof-store.ts';
import type { Proving } from './prove-conservation.ts';
import type { ProofStarting } from './start-proof.ts';

export const wireProving = once((): Proving => {
  const env = readEnv(
    z.object({
      ...redisSettings,
      LEDGER_TABLE: text,
      ENTRIES_TABLE: text,
      USAGE_TABLE: text,
      INVOICES_TABLE: text,
      PROOFS_TABLE: text,
    }),
  );
  const dynamo = connectDynamo();
  return {
    audit: {
      sources: {
        ledger: { dynamo, table: env.LEDGER_TABLE },
        entries: { dynamo, table: env.ENTRIES_TABLE },
        usage: { dynamo, table: env.USAGE_TABLE },
        packages: { dynamo, table: env.INVOICES_TABLE },
      },
      accounts: {
        redis: connectRedisOf(env),
        shards: env.SHARDS,
      },
    },
    proofs: { dynamo, table: env.PROOFS_TABLE },
  };
});

/** For the HTTP routes. */
export const wireProofs = once((): ProofStore => {
  const { PROOFS_TABLE } = readEnv(z.object({ PROOFS_TABLE: text }));
  return { dynamo: connectImpatientDynamo(), table: PROOFS_TABLE };
});

export const wireStarting = once((): ProofStarting => {
  const { AUDIT_FUNCTION } = readEnv(z.object({ AUDIT_FUNCTION: text }));
  return {
    proofs: wireProofs(),
    lambda: new LambdaClient({ maxAttempts: 2 }),
    auditFunction: AUDIT_FUNCTION,
  };
});

export const wireExplaining = once((): Explaining => {
  const env = readEnv(
    z.object({ LEDGER_TABLE: text, USAGE_TABLE: text, INVOICES_TABLE: text, SHARDS: shards }),
  );
  const dynamo = connectImpatientDynamo();
  return {
    ledger: { dynamo, table: env.LEDGER_TABLE },
    usage: { dynamo, table: env.USAGE_TABLE },
    packages: { dynamo, table: env.INVOICES_TABLE },
    shards: env.SHARDS,
    last: {},
  };
});
