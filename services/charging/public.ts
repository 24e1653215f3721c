/** What other services may read of charging. */
export { type AccountState, type AccountStore, readAccount } from './account-store.ts';
