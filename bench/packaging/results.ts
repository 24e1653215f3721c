import type { RunState } from '#services/packaging/close-round.ts';
import type { Measurement } from './worker-process.ts';

export interface WorkerResult {
  readonly clients: number;
  readonly rounds: readonly Measurement[];
}

export interface RunResult {
  readonly clients: number;
  readonly seconds: number;
  readonly retries: number;
  /** As the machine puts it out at its end. */
  readonly run: RunState;
  readonly chunks: number;
  /** Of the run, computed from sizes: the plan's and the worker's marks, and per client what one worker reads. */
  readonly readUnits: number;
  /** Of one change of state of a package. */
  readonly changeWriteUnits: number;
  readonly planSeconds: number;
  readonly planResidentBytes: number;
  readonly cloudResidentBytes: number;
}
