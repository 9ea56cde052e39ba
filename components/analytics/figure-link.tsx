import { Link } from '../ui/link.tsx';

/** A figure of a table, which opens the list behind it; its title says which runs these are. */
function FigureLink({ href, opens, children }: { href: string; opens: string; children: React.ReactNode }) {
  return (
    <Link href={href} title={opens} className="hover:text-accent hover:underline">
      {children}
    </Link>
  );
}

/** Makes cells whose figures open one of the lists behind their row. */
export const openerOf =
  <Row, Which extends string>(
    linksOf: (row: Row) => Readonly<Record<Which, string>>,
    titlesOf: (row: Row) => Readonly<Record<Which, string>>,
  ) =>
  (which: Which, shown: (row: Row) => React.ReactNode) =>
  (row: Row) => (
    <FigureLink href={linksOf(row)[which]} opens={titlesOf(row)[which]}>
      {shown(row)}
    </FigureLink>
  );
