/** A seeded source of numbers in [0, 1): mulberry32. Enough for traffic, never for keys. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A value around `median` whose logarithm is normal: most are near it, few are many times as large. */
export function logNormal(random: () => number, median: number, spread: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(spread * normal);
}

/** Draws a rank in [0, size): rank r as often as 1 / (r + 1)^exponent says. */
export function zipf(random: () => number, size: number, exponent: number): () => number {
  const weights = Array.from({ length: size }, (_, rank) => 1 / (rank + 1) ** exponent);
  return weighted(random, weights);
}

/** Draws an index as often as its weight says. */
export function weighted(random: () => number, weights: readonly number[]): () => number {
  let total = 0;
  const cumulative = weights.map((weight) => {
    total += weight;
    return total;
  });
  return () => {
    const target = random() * total;
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) > target) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
