import { STAGE_NAMES } from '../format/states.ts';

/** The state of an invoice: a word, and a mark of its colour. */
export function State({ state }: { readonly state: string }) {
  return (
    <span className={`state state-${state}`}>
      <span className="dot" aria-hidden="true" />
      {STAGE_NAMES[state] ?? state}
    </span>
  );
}
