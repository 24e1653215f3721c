import './styles.ts';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? '';

// What keeps the page from scrolling behind a dialog makes a style of its own, and finds the nonce under this name.
Object.assign(globalThis, { __webpack_nonce__: nonce });

// After a deploy an open page may ask for a part that is no longer there: the new page has it under another name. Where
// there is no page either, the view says what is missing.
window.addEventListener('vite:preloadError', async () => {
  const lastMs = Number(sessionStorage.getItem('reloadedAtMs') ?? 0);
  if (Date.now() - lastMs < 10_000) return;
  const answer = await fetch(window.location.href, { cache: 'no-store' }).catch(() => undefined);
  if (!answer?.ok) return;
  sessionStorage.setItem('reloadedAtMs', String(Date.now()));
  window.location.reload();
});

const root = document.getElementById('root');
if (root) createRoot(root).render(<App nonce={nonce} />);
