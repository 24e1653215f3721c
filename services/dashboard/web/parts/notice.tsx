import type { ReactNode } from 'react';

export type Tone = 'good' | 'bad' | 'warn' | 'plain';

const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', bad: '✕', warn: '!', plain: 'i' };

/** A sentence that has to be seen; its tone is told by a sign as well as by a colour. */
export function Notice({
  tone,
  title,
  children,
  actions,
}: {
  readonly tone: Tone;
  readonly title?: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}) {
  return (
    <div className={`notice ${tone}`}>
      <span className="sign" aria-hidden="true">
        {SIGNS[tone]}
      </span>
      <div className="notice-text">
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
      {actions && <div className="notice-actions">{actions}</div>}
    </div>
  );
}
