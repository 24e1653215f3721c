import { type ReactNode, useEffect, useRef } from 'react';

let isFocusWanted = false;

/** The title of the next view takes the focus, as the top of a new page would. */
export function focusNextTitle(): void {
  isFocusWanted = true;
}

/** The heading of a view: names the tab, and takes the focus when the view was gone to. */
export function PageTitle({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Tollgate`;
    if (isFocusWanted) heading.current?.focus();
    isFocusWanted = false;
  }, [title]);
  return (
    <div className="page-title">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
}
