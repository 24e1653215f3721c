import { Button } from '@mantine/core';

export function TryAgain({
  isRetrying,
  retry,
}: {
  readonly isRetrying: boolean;
  readonly retry: () => void;
}) {
  return (
    <Button size="compact-sm" variant="default" loading={isRetrying} onClick={retry}>
      Try again
    </Button>
  );
}
