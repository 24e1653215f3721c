import type { ReactNode } from 'react';

/** A name and what it has, in a list of such. */
export function Figure({
  name,
  className,
  title,
  children,
}: {
  readonly name: string;
  readonly className?: string;
  readonly title?: string | undefined;
  readonly children: ReactNode;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={className} title={title}>
        {children}
      </dd>
    </div>
  );
}
