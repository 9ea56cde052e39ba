'use client';

import { Segments } from '../ui/choice.tsx';
import { applyTheme, THEMES } from './theme.ts';
import { useTheme } from './use-theme.ts';
import { words } from './words.ts';

/** The menu's choice on a page of settings. Apart from it: every page has the menu, and few have what this is made of. */
export function ThemeChoice() {
  return (
    <Segments
      label={words.appearance}
      value={useTheme()}
      choices={THEMES.map((value) => ({ value, label: words.themes[value] }))}
      onChange={applyTheme}
    />
  );
}
