import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { focusNextTitle, PageTitle } from '../frame/page-title.tsx';

/** Finds a client by its name. */
export default function ClientsPage() {
  return (
    <>
      <PageTitle title="Clients" />
      <section className="part">
        <FindClient />
        <p className="dim">
          The name as charges and usage events carry it, whole and in the same case. Clients also
          stand in every list of invoices.
        </p>
      </section>
    </>
  );
}

export function FindClient() {
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return;
    focusNextTitle();
    navigate(`/clients/${encodeURIComponent(name.trim())}`);
  };
  return (
    <search>
      <form onSubmit={submit} className="filters">
        <TextInput
          label="Client"
          size="xs"
          value={name}
          spellCheck={false}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" size="xs">
          Show
        </Button>
      </form>
    </search>
  );
}
