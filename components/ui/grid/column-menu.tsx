'use client';

import { Columns3 } from 'lucide-react';
import { IconButton } from '../button.tsx';
import { Menu, MenuTick } from '../menu.tsx';
import { words } from '../words.ts';

/** Which columns are shown. Who calls it keeps the choice. */
export function ColumnMenu({
  label = words.columns,
  columns,
  hidden,
  onChange,
}: {
  label?: string;
  columns: readonly { key: string; title: string }[];
  hidden: readonly string[];
  onChange(hidden: string[]): void;
}) {
  return (
    <Menu align="end" trigger={<IconButton label={label} icon={Columns3} look="plain" />}>
      {columns.map(({ key, title }) => (
        <MenuTick
          key={key}
          label={title}
          checked={!hidden.includes(key)}
          onChange={(isShown) => onChange(isShown ? hidden.filter((each) => each !== key) : [...hidden, key])}
        />
      ))}
    </Menu>
  );
}
