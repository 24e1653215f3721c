import { runCommand } from '#localstack/command.ts';
import { readLocalEnvironment } from '#localstack/environment.ts';
import { connectCloud } from './cloud.ts';
import { count } from './progress.ts';

await runCommand(async () => {
  const cloud = connectCloud(readLocalEnvironment());
  const { redriven } = await cloud.invoke<{ redriven: number }>('redrive-dead-letters', {});
  console.log(`${count(redriven)} dead letters went back to the consumption queue.`);
});
