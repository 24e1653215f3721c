import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeadLetter, DeadLetterList } from '#shared/contracts/dead-letters.ts';
import { deadLetters } from '../api/routes.ts';
import { countOf, formatBytes } from '../format/amounts.ts';
import { deadLetterReason } from '../format/reasons.ts';
import { PageTitle } from '../frame/page-title.tsx';
import { Part } from '../parts/part.tsx';
import { Time } from '../parts/time.tsx';
import { RedriveDialog } from './redrive-dialog.tsx';

/** What could not be processed: why, and back into the queue. */
export default function DeadLettersPage() {
  const query = useQuery(deadLetters());
  return (
    <>
      <PageTitle title="Dead letters" />
      <Part
        title="Waiting for a person"
        query={query}
        loadingLines={8}
        actions={<Redrive list={query.data} />}
      >
        {(list) =>
          list.letters.length === 0 ? <None count={list.count} /> : <Letters list={list} />
        }
      </Part>
    </>
  );
}

function None({ count }: { readonly count: number }) {
  return (
    <p className="dim">
      {count === 0
        ? 'None. Everything that was sent was taken in.'
        : `About ${countOf(count, 'letter')}, which somebody else looks at just now. Shown again in some seconds.`}
    </p>
  );
}

function Redrive({ list }: { readonly list: DeadLetterList | undefined }) {
  const count = list?.count ?? 0;
  const [agreedCount, setAgreedCount] = useState<number>();
  return (
    <>
      <Button size="compact-sm" disabled={count === 0} onClick={() => setAgreedCount(count)}>
        Redrive
      </Button>
      {agreedCount !== undefined && (
        <RedriveDialog count={agreedCount} onClose={() => setAgreedCount(undefined)} />
      )}
    </>
  );
}

function Letters({ list: { letters, count } }: { readonly list: DeadLetterList }) {
  return (
    <>
      {count > letters.length && (
        <p className="dim">
          {countOf(letters.length, 'letter')} of about {count}: a queue shows some of what it holds.
        </p>
      )}
      <ul className="letters">
        {letters.map((letter) => (
          <li key={letter.id}>
            <Letter letter={letter} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Letter({ letter }: { readonly letter: DeadLetter }) {
  const { queue, sentAt, reason, detail, bytes, batch, preview } = letter;
  const { title, meaning, next } = deadLetterReason(reason);
  return (
    <article data-reason={reason}>
      <h3>{title}</h3>
      <p className="dim">
        <Time at={sentAt} /> · {queue} · {formatBytes(bytes)}
        {batch && (
          <>
            {' '}
            · batch <code>{batch.id}</code> of shard {batch.shard}, {countOf(batch.events, 'event')}
          </>
        )}
      </p>
      {meaning && <p>{meaning}</p>}
      {detail && (
        <p>
          <span className="dim">In detail:</span> <code>{detail}</code>
        </p>
      )}
      {next && (
        <p>
          <strong>What to do:</strong> {next}
        </p>
      )}
      <details>
        <summary>How it begins</summary>
        <pre>{preview}</pre>
      </details>
    </article>
  );
}
