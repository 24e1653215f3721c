import { PageTitle } from '../frame/page-title.tsx';

export default function ClientPage(_: { readonly client: string }) {
  return <PageTitle title="Being built" />;
}
