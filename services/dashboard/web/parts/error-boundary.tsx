import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { describeFailure } from '../api/failure.ts';
import { Notice } from './notice.tsx';

interface Props {
  readonly children: ReactNode;
}

/** Where something cannot be shown, says so in its place: what stands around it stays. */
export class ErrorBoundary extends Component<Props, { readonly error?: unknown }> {
  override state: { readonly error?: unknown } = {};

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (!('error' in this.state)) return this.props.children;
    const { title, detail } = describeFailure(this.state.error);
    return (
      <div role="alert">
        <Notice
          tone="bad"
          title={title}
          actions={
            <Button size="compact-sm" variant="default" onClick={() => window.location.reload()}>
              Load again
            </Button>
          }
        >
          {detail}
        </Notice>
      </div>
    );
  }
}
