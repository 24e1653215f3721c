import { PageTitle } from '../frame/page-title.tsx';

export default function InvoicesPage() {
  return <PageTitle title="Being built" />;
}
