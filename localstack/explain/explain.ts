import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { localTarget } from '#localstack/api-target.ts';
import { runCommand } from '#localstack/command.ts';
import { REPOSITORY_FOLDER } from '#localstack/environment.ts';
import { count, showSteps } from '#localstack/run/progress.ts';
import { fetchExplanation, toLines } from './fetch-explanation.ts';
import { readExplainSettings } from './settings.ts';

const FOLDER = join('.local', 'explanations');
const VERIFIER = join(REPOSITORY_FOLDER, 'localstack', 'verify', 'verify-explanation.py');

await runCommand(async () => {
  const { target, invoice } = readExplainSettings(process.env);
  const at = target ?? (await localTarget());
  const file = join(FOLDER, `${encodeURIComponent(invoice)}.ndjson`);
  mkdirSync(join(REPOSITORY_FOLDER, FOLDER), { recursive: true });
  await showSteps().step(`explain ${invoice}`, (show) =>
    pipeline(
      fetchExplanation(at, invoice, { onEvents: (events) => show(`${count(events)} events`) }),
      toLines,
      createWriteStream(join(REPOSITORY_FOLDER, file)),
    ),
  );
  const { status, error } = spawnSync('python3', [VERIFIER, join(REPOSITORY_FOLDER, file)], {
    stdio: 'inherit',
  });
  if (error) throw new Error(`The verifier needs Python 3: ${error.message}`);
  console.log(`The explanation: ${file}`);
  if (status !== 0) process.exitCode = 1;
});
