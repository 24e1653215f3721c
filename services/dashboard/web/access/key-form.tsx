import { Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { describeFailure } from '../api/failure.ts';
import { ASKED_TWICE } from '../api/query-client.ts';
import { tryKey } from '../api/routes.ts';
import { focusNextTitle } from '../frame/page-title.tsx';
import { Notice } from '../parts/notice.tsx';
import { signIn, whySignedOut } from './session.ts';

/** Asks for an operator's key, and lets nobody in before the API has taken it. */
export function KeyForm() {
  const [key, setKey] = useState('');
  const queryClient = useQueryClient();
  const attempt = useMutation({
    mutationFn: tryKey,
    ...ASKED_TWICE,
    onSuccess: (_, taken) => {
      focusNextTitle();
      signIn(taken);
    },
  });
  useEffect(() => {
    document.title = 'Sign in · Tollgate';
    // What one key was shown is not for the next.
    queryClient.clear();
  }, [queryClient]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() !== '') attempt.mutate(key.trim());
  };
  const because = attempt.error ? describeFailure(attempt.error).detail : whySignedOut();
  return (
    <main className="sign-in">
      <h1>Tollgate</h1>
      <form onSubmit={submit}>
        <TextInput
          label="Operator key"
          description="An API key with the scope operate. It stays in this tab until you sign out or close it."
          type="password"
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          autoFocus
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          name="key"
        />
        <div aria-live="assertive">{because && <Notice tone="bad">{because}</Notice>}</div>
        <Button type="submit" loading={attempt.isPending} fullWidth>
          Open
        </Button>
      </form>
      <p className="dim">
        <code>make load SCOPES=charge,operate STAGE=…</code> makes a key; on the local cloud{' '}
        <code>make status</code> says where it lies.
      </p>
    </main>
  );
}
