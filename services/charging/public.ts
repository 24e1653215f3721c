/** What other services may read of charging. */
export { type AccountStore, readAccount } from './account-store.ts';
