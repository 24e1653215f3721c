import { Button, NativeSelect, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { signOut } from '../access/session.ts';
import { queues } from '../api/routes.ts';
import { ErrorBoundary } from '../parts/error-boundary.tsx';
import { focusNextTitle } from './page-title.tsx';

/** What stands around every view: where one can go, the colours, and the way out. */
export function Frame({ children }: { readonly children: ReactNode }) {
  const [path] = useLocation();
  return (
    <>
      <SkipLink />
      <header className="frame">
        <span className="brand">Tollgate</span>
        <Navigation />
        <div className="frame-tools">
          <ColorScheme />
          <Button size="compact-sm" variant="default" onClick={() => signOut()}>
            Sign out
          </Button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <ErrorBoundary key={path}>{children}</ErrorBoundary>
      </main>
    </>
  );
}

/** By script: a link to `#main` would lead to the base of the page. */
function SkipLink() {
  return (
    <button
      type="button"
      className="skip-link"
      onClick={() => document.getElementById('main')?.focus()}
    >
      Skip to the content
    </button>
  );
}

const PLACES = [
  { to: '/overview', name: 'Overview' },
  { to: '/invoices', name: 'Invoices' },
  { to: '/clients', name: 'Clients' },
  { to: '/dead-letters', name: 'Dead letters' },
] as const;

function Navigation() {
  const [path] = useLocation();
  const { data } = useQuery(queues());
  const dead = data?.queues.reduce((sum, { deadLetters }) => sum + deadLetters, 0) ?? 0;
  return (
    <nav aria-label="Views">
      {PLACES.map(({ to, name }) => {
        const isHere = path === to || path.startsWith(`${to}/`);
        return (
          <Link
            key={to}
            href={to}
            aria-current={isHere ? 'page' : undefined}
            onClick={focusNextTitle}
          >
            {name}
            {to === '/dead-letters' && dead > 0 && (
              <span className="count bad" title={`About ${dead} dead letters`}>
                {dead}
              </span>
            )}
          </Link>
        );
      })}
    </nav>
  );
}

function ColorScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <NativeSelect
      aria-label="Colours"
      size="xs"
      value={colorScheme}
      onChange={(event) => setColorScheme(event.currentTarget.value as typeof colorScheme)}
      data={[
        { value: 'auto', label: 'System' },
        { value: 'light', label: 'Light' },
        { value: 'dark', label: 'Dark' },
      ]}
    />
  );
}
