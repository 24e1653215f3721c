import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type ApiKeyStore, createApiKey, findApiKey } from '#services/access/api-key-store.ts';
import {
  type PriceListStore,
  putPriceList,
  readPriceList,
} from '#services/pricing/price-list-store.ts';
import { PRICES_CACHED_MS } from '#services/pricing/public.ts';
import { SCOPES, type Scope } from '#shared/contracts/api-keys.ts';
import type { PriceList } from '#shared/domain/price.ts';
import { connectDynamo, type Dynamo } from '#shared/platform/dynamo.ts';
import { runCommand } from './command.ts';
import { awsClientConfig, type LocalEnvironment, readLocalEnvironment } from './environment.ts';
import { connectCloud } from './run/cloud.ts';
import { readPrices } from './seed/prices.ts';

export interface LoadedData {
  readonly apiKey: string;
  /** As the API rates by it. */
  readonly prices: PriceList;
}

/**
 * Loads the prices of the file PRICES, or the bundled ones where there are none yet, and makes one API key with every
 * scope unless the one of an earlier load still works. The key lies in the state folder, readable by its owner only.
 * Accounts can be opened after that: in a store that is new the relay says so first.
 */
export async function loadData(environment: LocalEnvironment): Promise<LoadedData> {
  const dynamo = connectDynamo(new DynamoDBClient(awsClientConfig(environment)));
  const tables = tablesOf(dynamo, environment.stage);
  const apiKey = await loadKey(environment, tables.access);
  await connectCloud(environment).invoke('relay-events', { onePass: true });
  return { apiKey, prices: await loadPrices(tables.prices) };
}

async function loadPrices(store: PriceListStore): Promise<PriceList> {
  const before = await readPriceList(store);
  if (before.size > 0 && !process.env.PRICES) return before;
  await putPriceList(store, readPrices(process.env.PRICES || undefined));
  const after = await readPriceList(store);
  // Until then the API may still rate by what it read before.
  if (before.size > 0 && !isDeepStrictEqual(before, after)) await delay(PRICES_CACHED_MS);
  return after;
}

async function loadKey(environment: LocalEnvironment, store: ApiKeyStore): Promise<string> {
  const file = join(environment.stateFolder, 'api-key');
  const known = readKey(file);
  if (known !== undefined && (await findApiKey(store, known))) return known;
  const key = await createApiKey(store, 'local', SCOPES);
  mkdirSync(environment.stateFolder, { recursive: true });
  writeFileSync(file, key, { mode: 0o600 });
  return key;
}

function tablesOf(dynamo: Dynamo, stage: string) {
  const table = (name: string) => ({ dynamo, table: `tollgate-${stage}-${name}` });
  return { prices: table('prices'), access: table('access') };
}

function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** On a real stage: the prices of the file given by PRICES, if any, and a new key with the given SCOPES. */
async function loadStage(stage: string): Promise<string> {
  const tables = tablesOf(connectDynamo(), stage);
  if (process.env.PRICES) await putPriceList(tables.prices, readPrices(process.env.PRICES));
  const scopes = (process.env.SCOPES || SCOPES.join(',')).split(',');
  const unknown = scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown.length > 0) {
    throw new Error(
      `SCOPES names ${unknown.join(', ')}, but a scope is one of ${SCOPES.join(', ')}.`,
    );
  }
  return createApiKey(tables.access, stage, scopes as Scope[]);
}

if (import.meta.main) {
  await runCommand(async () => {
    const stage = process.env.STAGE || 'local';
    const key =
      stage === 'local' ? (await loadData(readLocalEnvironment())).apiKey : await loadStage(stage);
    console.log(`The prices are loaded. API key, shown only now: ${key}`);
  });
}
