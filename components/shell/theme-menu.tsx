'use client';

import { Monitor, Moon, Sun } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { IconButton } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { Menu, MenuChoice } from '../ui/menu.tsx';
import { applyTheme, readTheme, subscribeToTheme, THEMES, type Theme } from './theme.ts';

const ICONS = { system: Monitor, light: Sun, dark: Moon } as const;
const WORDS: Record<Theme, string> = { system: 'As the system', light: 'Light', dark: 'Dark' };

const useTheme = () => useSyncExternalStore(subscribeToTheme, readTheme, () => 'system' as const);

export function ThemeMenu() {
  const theme = useTheme();
  return (
    <Menu align="end" trigger={<IconButton label={`Appearance: ${WORDS[theme]}`} icon={ICONS[theme]} />}>
      <MenuChoice
        label="Appearance"
        value={theme}
        choices={THEMES.map((value) => ({ value, label: WORDS[value], icon: ICONS[value] }))}
        onChange={applyTheme}
      />
    </Menu>
  );
}

/** The same on a page of settings. */
export function ThemeChoice() {
  return (
    <Segments
      label="Appearance"
      value={useTheme()}
      choices={THEMES.map((value) => ({ value, label: WORDS[value] }))}
      onChange={applyTheme}
    />
  );
}
