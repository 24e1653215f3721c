/**
 * Answers for `keptMs` with what was read last for the same key, so that many who look at once cost one read. Those who
 * ask while it is read wait for it. A failure is not kept.
 */
export function keepBriefly<Key, Value>(
  read: (key: Key) => Promise<Value>,
  keptMs: number,
  nowMs: () => number,
): (key: Key) => Promise<Value> {
  const kept = new Map<Key, { readonly value: Promise<Value>; readAtMs?: number }>();

  function dropOld(): void {
    for (const [key, { readAtMs }] of kept) {
      // A clock that was set back makes nothing last longer.
      const ageMs = readAtMs === undefined ? 0 : nowMs() - readAtMs;
      if (ageMs < 0 || ageMs >= keptMs) kept.delete(key);
    }
  }

  return (key) => {
    dropOld();
    const found = kept.get(key);
    if (found) return found.value;
    const entry: { readonly value: Promise<Value>; readAtMs?: number } = { value: read(key) };
    kept.set(key, entry);
    entry.value.then(
      () => {
        entry.readAtMs = nowMs();
      },
      () => kept.delete(key),
    );
    return entry.value;
  };
}
