import { QueryClient } from '@tanstack/react-query';
import { ApiFailure } from './failure.ts';

/** Whether asking again may help: not where the API has said no. */
function mayPass(error: unknown): boolean {
  return error instanceof ApiFailure && (error.status === 0 || error.status >= 500);
}

/** What only reads is asked for once more, where that may help. */
export const ASKED_TWICE = {
  retry: (failures: number, error: unknown) => failures < 1 && mayPass(error),
  retryDelay: 500,
};

/** What cannot be done now fails now: nothing waits for the network, and happens once nobody expects it any more. */
const WITHOUT_NETWORK = { networkMode: 'always' } as const;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      ...WITHOUT_NETWORK,
      ...ASKED_TWICE,
      staleTime: 1_000,
      // Polls stop while the tab is hidden; a glance at it shows the present.
      refetchIntervalInBackground: false,
      refetchOnWindowFocus: true,
      refetchOnReconnect: true,
    },
    mutations: { ...WITHOUT_NETWORK, retry: false },
  },
});
