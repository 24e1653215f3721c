/** Few, so that each has something to do all the time. */
export const SHARDS = 4;
