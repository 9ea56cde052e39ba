import {
  BarChart3,
  Bot,
  Box,
  CircleSlash,
  Clock,
  Cog,
  Database,
  FileOutput,
  type LucideIcon,
  MessageSquare,
  Repeat,
  ShieldCheck,
  Shuffle,
} from 'lucide-react';

/** By words in the capability's name: agents of strangers get a fitting one too. */
const ICONS: readonly (readonly [RegExp, LucideIcon])[] = [
  [/ingest|load|extract|read|fetch|source/, Database],
  [/transform|clean|map|convert/, Shuffle],
  [/analys|analyz|report|metric|score/, BarChart3],
  [/valid|check|guard|review|test/, ShieldCheck],
  [/process|compute|aggregate/, Cog],
  [/output|write|export|publish|sink/, FileOutput],
  [/sleep|wait|delay/, Clock],
  [/fail/, CircleSlash],
  [/echo/, Repeat],
  [/chat|message|mail|notify|summar|translate|text/, MessageSquare],
  [/llm|gpt|model|agent|ai\b/, Bot],
];

export function iconOf(capability: string): LucideIcon {
  return ICONS.find(([pattern]) => pattern.test(capability))?.[1] ?? Box;
}
