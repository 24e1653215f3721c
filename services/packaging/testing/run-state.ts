import type { ChunkReport, RunState } from '../close-round.ts';

/** As in the state `Begin` of state-machines/packaging.asl.yml. */
export const RUN_START: RunState = {
  rounds: 0,
  clients: 0,
  packages: 0,
  failures: 0,
  requests: 0,
  readUnits: 0,
  writeUnits: 0,
  longestChunkMs: 0,
};

export function chunkReport(report: Partial<ChunkReport> = {}): ChunkReport {
  return {
    clients: 0,
    packages: 0,
    hasLeft: false,
    requests: 0,
    readUnits: 0,
    writeUnits: 0,
    chunkMs: 0,
    ...report,
  };
}
