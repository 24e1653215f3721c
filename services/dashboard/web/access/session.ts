import { useSyncExternalStore } from 'react';

/** The operator's key, for this tab only and until it is closed. */

const PLACE = 'tollgate-key';
const listeners = new Set<() => void>();
let key = sessionStorage.getItem(PLACE) ?? undefined;
let endedBecause: string | undefined;

export function currentKey(): string | undefined {
  return key;
}

export function signIn(newKey: string): void {
  sessionStorage.setItem(PLACE, newKey);
  change(newKey, undefined);
}

/** `because`: a sentence for the form that follows, where it was not the person's wish. */
export function signOut(because?: string): void {
  sessionStorage.removeItem(PLACE);
  change(undefined, because);
}

export function whySignedOut(): string | undefined {
  return endedBecause;
}

export function useKey(): string | undefined {
  return useSyncExternalStore(subscribe, currentKey);
}

function change(newKey: string | undefined, because: string | undefined): void {
  key = newKey;
  endedBecause = because;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
