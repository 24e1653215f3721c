import { localTarget } from '#localstack/api-target.ts';
import { runCommand } from '#localstack/command.ts';
import { count, showSteps } from '#localstack/run/progress.ts';
import { askShards } from './ask-shards.ts';
import { describeRebuild } from './describe-rebuild.ts';
import { readRebuildSettings } from './settings.ts';

await runCommand(async () => {
  const { target, ...settings } = readRebuildSettings(process.env);
  const at = target ?? (await localTarget());
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
