import { Link } from '../ui/link.tsx';

/** A figure of a table, which opens the list behind it; its title says which runs these are. */
export function FigureLink({
  href,
  opens,
  children,
}: {
  href: string;
  opens: string;
  children: React.ReactNode;
}) {
  return (
    <Link href={href} title={opens} className="hover:text-accent hover:underline">
      {children}
    </Link>
  );
}
