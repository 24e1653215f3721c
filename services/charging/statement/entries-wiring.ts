import * as z from 'zod/mini';
import type { EntryStore } from '#services/aggregation/public.ts';
import { connectImpatientDynamo } from '#shared/platform/dynamo.ts';
import { readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';

/** Apart from the other wiring, so that the charge path carries no AWS SDK. */
export const wireEntries = once((): EntryStore => {
  const { ENTRIES_TABLE } = readEnv(z.object({ ENTRIES_TABLE: text }));
  return { dynamo: connectImpatientDynamo(), table: ENTRIES_TABLE };
});
