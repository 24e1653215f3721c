/** Where the page and its API are: the page may lie below any path. */
const [, before = ''] = /^(.*?)\/dashboard(?:\/|$)/.exec(window.location.pathname) ?? [];

export const BASE_PATH = `${before}/dashboard`;

export const API_ROOT = new URL(`${before}/v1/`, window.location.origin).href;
