import { emitMetrics, log } from '#shared/platform/log.ts';
import { closeRound, type Round } from '../close-round.ts';

export async function handler(round: Round): Promise<ReturnType<typeof closeRound>> {
  const run = closeRound(round);
  log.info('packaging round', { chunks: round.results.length, ...run });
  emitMetrics({
    packagedClients: run.clients - round.run.clients,
    packages: run.packages - round.run.packages,
    failedChunks: run.failures - round.run.failures,
  });
  return run;
}
