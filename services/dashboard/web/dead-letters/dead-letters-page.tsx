import { PageTitle } from '../frame/page-title.tsx';

export default function DeadLettersPage() {
  return <PageTitle title="Being built" />;
}
