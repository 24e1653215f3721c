import { ulid } from 'ulid';
import { runCommand } from '#localstack/command.ts';
import { readLocalEnvironment } from '#localstack/environment.ts';
import { loadData } from '#localstack/load.ts';
import { prepaidAccounts } from '#localstack/traffic/generate.ts';
import { resetAccounts } from './accounts.ts';
import { connectApi } from './api.ts';

const ACCOUNTS = 100;

await runCommand(async () => {
  const balance = process.env.BALANCE || '100.00';
  const environment = readLocalEnvironment();
  const api = connectApi(environment.httpApiUrl, (await loadData(environment)).apiKey);
  await resetAccounts(api, prepaidAccounts(ACCOUNTS), balance, ulid());
  console.log(
    `${ACCOUNTS} accounts, prepaid-001 to prepaid-${ACCOUNTS}, have a balance of ${balance}.`,
  );
});
