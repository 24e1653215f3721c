import { Link } from 'wouter';
import { focusNextTitle } from '../frame/page-title.tsx';

export function InvoiceLink({ id }: { readonly id: string }) {
  return <NameLink name={id} list="invoices" />;
}

export function ClientLink({ client }: { readonly client: string }) {
  return <NameLink name={client} list="clients" />;
}

function NameLink({
  name,
  list,
}: {
  readonly name: string;
  readonly list: 'invoices' | 'clients';
}) {
  return (
    <Link
      className="long-name"
      title={name}
      href={`/${list}/${encodeURIComponent(name)}`}
      onClick={focusNextTitle}
    >
      {name}
    </Link>
  );
}
