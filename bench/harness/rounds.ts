import { seededRandom } from '#localstack/traffic/random.ts';

/**
 * Measures every case once a round, each round in an order of its own that the seed fixes: what changes in the
 * machine meanwhile hits all cases alike, and none always runs behind the same other. Resolves with the results of
 * each case, in the order of the cases and within it of the rounds.
 */
export async function inRounds<Case, Result>(
  cases: readonly Case[],
  { rounds, seed }: { readonly rounds: number; readonly seed: number },
  measure: (measured: Case, round: number) => Promise<Result>,
): Promise<Result[][]> {
  const random = seededRandom(seed);
  const entries = cases.map((measured) => ({ measured, results: [] as Result[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { measured, results } of shuffled(entries, random)) {
      results.push(await measure(measured, round));
    }
  }
  return entries.map(({ results }) => results);
}

/** Fisher and Yates. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}
