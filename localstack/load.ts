import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createApiKey, findApiKey } from '#services/access/api-key-store.ts';
import { putPriceList } from '#services/pricing/price-list-store.ts';
import { SCOPES } from '#shared/contracts/api-keys.ts';
import { connectDynamo } from '#shared/platform/dynamo.ts';
import { runCommand } from './command.ts';
import { awsClientConfig, type LocalEnvironment, readLocalEnvironment } from './environment.ts';
import { readPrices } from './seed/prices.ts';

/**
 * Loads the price list and makes one API key with every scope, unless the one of an earlier load still
 * works. The key lies in the state folder, readable by its owner only. Returns it.
 */
export async function loadData(environment: LocalEnvironment): Promise<string> {
  const dynamo = connectDynamo(new DynamoDBClient(awsClientConfig(environment)));
  const table = (name: string) => `tollgate-${environment.stage}-${name}`;
  await putPriceList({ dynamo, table: table('prices') }, readPrices());
  const store = { dynamo, table: table('access') };
  const file = keyFile(environment);
  const known = readKey(file);
  if (known !== undefined && (await findApiKey(store, known))) return known;
  const key = await createApiKey(store, 'local', SCOPES);
  mkdirSync(environment.stateFolder, { recursive: true });
  writeFileSync(file, key, { mode: 0o600 });
  return key;
}

function keyFile(environment: LocalEnvironment): string {
  return join(environment.stateFolder, 'api-key');
}

function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  await runCommand(async () => {
    const key = await loadData(readLocalEnvironment());
    console.log(`Prices are loaded. API key with every scope: ${key}`);
  });
}
