import './no-eval.ts';

export { EditorPage } from './editor-page.tsx';
