/** In place of ioredis' connections by Sentinel, which only the option `sentinels` makes. */
export default class SentinelConnector {
  constructor() {
    throw new Error('Bundles know no Sentinel: see infrastructure/bundle/README.md.');
  }
}
