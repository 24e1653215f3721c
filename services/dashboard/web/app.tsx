import { createTheme, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { Router } from 'wouter';
import { KeyForm } from './access/key-form.tsx';
import { useKey } from './access/session.ts';
import { BASE_PATH } from './addresses.ts';
import { queryClient } from './api/query-client.ts';
import { Frame } from './frame/frame.tsx';
import { Views } from './frame/views.tsx';

const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
});

export function App({ nonce }: { readonly nonce: string }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queryClient}>
        <Router base={BASE_PATH}>
          <SignedIn />
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  );
}

function SignedIn() {
  const key = useKey();
  if (key === undefined) return <KeyForm />;
  return (
    <Frame>
      <Views />
    </Frame>
  );
}
