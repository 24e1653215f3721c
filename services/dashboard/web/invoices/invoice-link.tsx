import { Link } from 'wouter';
import { focusNextTitle } from '../frame/page-title.tsx';

export function InvoiceLink({ id }: { readonly id: string }) {
  return (
    <Link
      className="long-name"
      title={id}
      href={`/invoices/${encodeURIComponent(id)}`}
      onClick={focusNextTitle}
    >
      {id}
    </Link>
  );
}

export function ClientLink({ client }: { readonly client: string }) {
  return (
    <Link
      className="long-name"
      title={client}
      href={`/clients/${encodeURIComponent(client)}`}
      onClick={focusNextTitle}
    >
      {client}
    </Link>
  );
}
