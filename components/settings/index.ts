export { isSection, titleOf } from './sections.ts';
export { SettingsPage } from './settings-page.tsx';
