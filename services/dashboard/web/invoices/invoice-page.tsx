import { PageTitle } from '../frame/page-title.tsx';

export default function InvoicePage(_: { readonly id: string }) {
  return <PageTitle title="Being built" />;
}
