import { useEffect, useRef } from 'react';

/** For the `ref` of what takes the focus once `isWanted`: what had it is disabled then, or gone. */
export function useFocusWhen<T extends HTMLElement>(isWanted: boolean) {
  const ref = useRef<T>(null);
  useEffect(() => {
    if (isWanted) ref.current?.focus();
  }, [isWanted]);
  return ref;
}
