import { setTimeout } from 'node:timers/promises';
import { type ContentBlock, MissingRequiredClientCapabilityError } from '@modelcontextprotocol/server';
import type { ServedTool } from '#server/api/mcp/served.ts';
import { askingTools } from './fixture-asking.ts';
import { fixtureTool, says, text } from './fixture-tool.ts';

/** What the protocol's conformance suite calls, by the names and texts that it expects. */

export const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const SILENCE = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=';

const image: ContentBlock = { type: 'image', data: PIXEL, mimeType: 'image/png' };

const embedded = (uri: string, mimeType: string, words: string): ContentBlock => ({
  type: 'resource',
  resource: { uri, mimeType, text: words },
});

const answering = [
  fixtureTool('test_simple_text', () => says(text('This is a simple text response for testing.'))),
  fixtureTool('test_image_content', () => says(image)),
  fixtureTool('test_audio_content', () => says({ type: 'audio', data: SILENCE, mimeType: 'audio/wav' })),
  fixtureTool('test_embedded_resource', () =>
    says(embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')),
  ),
  fixtureTool('test_multiple_content_types', () =>
    says(
      text('Multiple content types test:'),
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ),
  ),
  fixtureTool('test_error_handling', () => ({
    isError: true,
    content: [text('This tool intentionally returns an error for testing')],
  })),
];

const telling = [
  fixtureTool('test_tool_with_logging', async (_args, { mcpReq }) => {
    for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await mcpReq.log('info', line);
      await setTimeout(50);
    }
    return says(text('It has logged three lines.'));
  }),
  fixtureTool('test_logging_tool', async (_args, { mcpReq }) => {
    await mcpReq.log('info', 'a line that only those hear who asked for it');
    return says(text('It has logged a line.'));
  }),
  fixtureTool('test_tool_with_progress', async (_args, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) {
        const params = { progressToken, progress, total: 100 };
        await mcpReq.notify({ method: 'notifications/progress', params });
      }
      await setTimeout(50);
    }
    return says(text('It has told its progress.'));
  }),
  fixtureTool('test_missing_capability', () => {
    throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
  }),
];

export const fixtureTools: readonly ServedTool[] = [...answering, ...telling, ...askingTools];
