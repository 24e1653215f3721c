/** What the list of invoices shows, as it stands in the address: a link shows another person the same. */

export interface ListState {
  readonly states: readonly string[];
  readonly client: string;
  readonly period: string;
  readonly reason: string;
  /** Empty for any age. */
  readonly olderThanSeconds: string;
  readonly sort: string;
  /** The cursors of the pages from the second to this one; of the last of them, where they are many. */
  readonly cursors: readonly string[];
  /** How many came before those. */
  readonly dropped: number;
}

/** So that an address stays short enough for every server on its way. */
const MAX_CURSORS = 20;

export function readListState(search: URLSearchParams): ListState {
  const get = (name: string) => search.get(name) ?? '';
  return {
    states: get('state').split(',').filter(Boolean),
    client: get('client'),
    period: get('period'),
    reason: get('reason'),
    olderThanSeconds: /^\d{1,8}$/.test(get('olderThanSeconds')) ? get('olderThanSeconds') : '',
    sort: ['newest', 'client'].includes(get('sort')) ? get('sort') : 'oldest',
    cursors: search.getAll('cursor'),
    dropped: /^\d{1,8}$/.test(get('dropped')) ? Number(get('dropped')) : 0,
  };
}

/** Only what differs from how the list is without any. */
export function writeListState(state: ListState): URLSearchParams {
  const search = new URLSearchParams();
  const set = (name: string, value: string) => value !== '' && search.set(name, value);
  set('state', state.states.join(','));
  set('client', state.client);
  set('period', state.period);
  set('reason', state.reason);
  set('olderThanSeconds', state.olderThanSeconds);
  if (state.sort !== 'oldest') set('sort', state.sort);
  const kept = state.cursors.slice(-MAX_CURSORS);
  for (const cursor of kept) search.append('cursor', cursor);
  const dropped = state.dropped + state.cursors.length - kept.length;
  if (dropped > 0) set('dropped', String(dropped));
  return search;
}

export const FIRST_PAGE = { cursors: [], dropped: 0 } as const;

/** The page before; undefined on the first, and where the way back was too long to be kept. */
export function previousPage(state: ListState): ListState | undefined {
  const { cursors, dropped } = state;
  if (cursors.length === 0 || (cursors.length === 1 && dropped > 0)) return undefined;
  return { ...state, cursors: cursors.slice(0, -1) };
}

/** Other filters begin at the first page. */
export function withFilter(state: ListState, change: Partial<ListState>): ListState {
  const next = { ...state, ...change, ...FIRST_PAGE };
  return next.sort === 'client' && !canSortByClient(next) ? { ...next, sort: 'oldest' } : next;
}

/** All invoices of all half months are not kept in that order. */
export function canSortByClient({ client, period }: ListState): boolean {
  return client !== '' || period !== '';
}

/** The query for the API. */
export function toQuery(state: ListState): Readonly<Record<string, string | undefined>> {
  return {
    state: state.states.join(','),
    client: state.client,
    period: state.period,
    reason: state.reason,
    olderThanSeconds: state.olderThanSeconds,
    sort: state.sort === 'oldest' ? undefined : state.sort,
    limit: '50',
    cursor: state.cursors.at(-1),
  };
}

/** What a retry of all that match is given; undefined where the states leave out what is parked. */
export function toRetryFilter(state: ListState) {
  if (state.states.length > 0 && !state.states.includes('parked')) return undefined;
  const { client, period, reason, olderThanSeconds } = state;
  return {
    ...(client !== '' && { client }),
    ...(period !== '' && { period }),
    ...(reason !== '' && { reason }),
    ...(olderThanSeconds !== '' && { olderThanSeconds: Number(olderThanSeconds) }),
  };
}
