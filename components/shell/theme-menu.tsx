'use client';

import { Monitor, Moon, Sun } from 'lucide-react';
import { IconButton } from '../ui/button.tsx';
import { Menu, MenuChoice } from '../ui/menu.tsx';
import { applyTheme, THEMES } from './theme.ts';
import { useTheme } from './use-theme.ts';
import { words } from './words.ts';

const ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

export function ThemeMenu() {
  const theme = useTheme();
  return (
    <Menu
      align="end"
      trigger={<IconButton label={words.appearanceOf(words.themes[theme])} icon={ICONS[theme]} />}
    >
      <MenuChoice
        label={words.appearance}
        value={theme}
        choices={THEMES.map((value) => ({ value, label: words.themes[value], icon: ICONS[value] }))}
        onChange={applyTheme}
      />
    </Menu>
  );
}
