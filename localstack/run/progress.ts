/** Shows the steps of a long command: one line a step, growing in place on a terminal, every few seconds elsewhere. */

const QUIET_MS = 5_000;

export interface StepTiming {
  readonly name: string;
  readonly seconds: number;
}

export interface Steps {
  /** Runs one step and says how long it took. What `work` returns as `detail` stands at the end of its line. */
  readonly step: <T>(
    name: string,
    work: (show: (state: string) => void) => Promise<T>,
    detail?: (result: T) => string,
  ) => Promise<T>;
  readonly timings: readonly StepTiming[];
}

export function showSteps(out: NodeJS.WriteStream = process.stdout): Steps {
  const timings: StepTiming[] = [];
  return {
    timings,
    async step(name, work, detail) {
      const startedAt = performance.now();
      const seconds = () => (performance.now() - startedAt) / 1_000;
      let saidAt = performance.now();
      const line = (mark: string, text: string) =>
        `  ${mark} ${name.padEnd(34)}${`${seconds().toFixed(1)} s`.padStart(8)}  ${text}`.trimEnd();
      const show = (state: string) => {
        if (out.isTTY) out.write(`\r\u001b[K${line('·', state)}`);
        else if (performance.now() - saidAt > QUIET_MS) {
          out.write(`${line('·', state)}\n`);
          saidAt = performance.now();
        }
      };
      show('');
      try {
        const result = await work(show);
        timings.push({ name, seconds: Math.round(seconds() * 10) / 10 });
        if (out.isTTY) out.write('\r\u001b[K');
        out.write(`${line('✔', detail?.(result) ?? '')}\n`);
        return result;
      } catch (error) {
        if (out.isTTY) out.write('\r\u001b[K');
        out.write(`${line('✘', '')}\n`);
        throw error;
      }
    },
  };
}

/** Steps that nobody watches. */
export function silentSteps(): Steps {
  return { timings: [], step: (_name, work) => work(() => {}) };
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}
