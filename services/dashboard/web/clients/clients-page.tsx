import { PageTitle } from '../frame/page-title.tsx';

export default function ClientsPage() {
  return <PageTitle title="Being built" />;
}
