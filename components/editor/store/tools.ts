import { copyItems, duplicate } from '../model/clipboard.ts';
import { connect, removeItems } from '../model/edits/stages.ts';
import { paste } from '../model/read-clip.ts';
import type { Tools } from './editor-store.ts';

export const TOOLS: Tools = { connect, copyItems, duplicate, paste, removeItems };
