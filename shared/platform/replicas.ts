import type { ChainableCommander } from 'ioredis';

/**
 * Sends a pipeline and waits, no longer than `waitMs`, until `replicas` replicas have what it wrote. `lag` says that
 * they do not: a failover may then forget it. Throws the error of any command.
 *
 * WAIT counts only for the writes of its own connection, so the pipeline has to write something even where its work
 * was done before. In a cluster the keys of the pipeline also lead WAIT to their node.
 */
export async function sendToReplicas(
  pipeline: ChainableCommander,
  replicas: number,
  waitMs: number,
): Promise<{ readonly answers: readonly unknown[]; readonly lag: Error | undefined }> {
  const results = await pipeline.wait(replicas, waitMs).exec();
  if (!results) throw new Error('the connection is gone');
  for (const [error] of results) if (error) throw error;
  const answers = results.map(([, answer]) => answer);
  const acknowledged = Number(answers.pop());
  const lag = `only ${acknowledged} of ${replicas} replicas have it after ${waitMs} ms`;
  return { answers, lag: acknowledged < replicas ? new Error(lag) : undefined };
}
