import { runCommand } from '#localstack/command.ts';
import { readLocalEnvironment } from '#localstack/environment.ts';
import { loadData } from '#localstack/load.ts';
import { count, showSteps } from '#localstack/run/progress.ts';
import { askShards, type RebuildTarget } from './ask-shards.ts';
import { describeRebuild } from './describe-rebuild.ts';
import { readRebuildSettings } from './settings.ts';

async function targetOf(target: RebuildTarget | undefined): Promise<RebuildTarget> {
  if (target) return target;
  const environment = readLocalEnvironment();
  const { apiKey } = await loadData(environment);
  return { url: environment.httpApiUrl, apiKey };
}

await runCommand(async () => {
  const { target, ...settings } = readRebuildSettings(process.env);
  const at = await targetOf(target);
  const answers = await showSteps().step('rebuild or compare', (show) =>
    askShards(at, {
      ...settings,
      onAnswer: (done, shards) => show(`${count(done.length)} of ${count(shards)} shards`),
    }),
  );
  console.log('');
  for (const line of describeRebuild(answers)) console.log(`  ${line}`.trimEnd());
  if (answers.some(({ differing }) => differing > 0)) process.exitCode = 1;
});
