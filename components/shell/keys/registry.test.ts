import { describe, expect, test } from 'vitest';
import { createKeyRegistry, isSingleKey, type KeyBinding, nameOfKey } from './registry.ts';

const plain = { code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
const does = (keys: KeyBinding['keys'], label: string): KeyBinding => ({ keys, label, run: () => undefined });

describe('the name of a key', () => {
  test('says the modifiers, but not the shift that a sign is typed with', () => {
    expect(nameOfKey({ ...plain, key: 'r' })).toBe('r');
    expect(nameOfKey({ ...plain, key: 'X', shiftKey: true })).toBe('shift+x');
    expect(nameOfKey({ ...plain, key: '?', shiftKey: true })).toBe('?');
    expect(nameOfKey({ ...plain, key: 'ArrowDown', shiftKey: true })).toBe('shift+down');
    expect(nameOfKey({ ...plain, key: 'Enter', metaKey: true })).toBe('mod+enter');
    expect(nameOfKey({ ...plain, key: 'Enter', ctrlKey: true })).toBe('mod+enter');
  });

  test('is the Latin letter on the key where another script is written, and what is typed everywhere else', () => {
    expect(nameOfKey({ ...plain, key: 'к', code: 'KeyR' })).toBe('r');
    expect(nameOfKey({ ...plain, key: 'Я', code: 'KeyZ', ctrlKey: true, shiftKey: true })).toBe(
      'mod+shift+z',
    );
    expect(nameOfKey({ ...plain, key: 'ρ', code: 'KeyR' })).toBe('r');
    // Letters without a case are letters for all that: shift counts.
    expect(nameOfKey({ ...plain, key: 'ס', code: 'KeyX', shiftKey: true })).toBe('shift+x');
    // A German Z lies where others have their Y.
    expect(nameOfKey({ ...plain, key: 'z', code: 'KeyY', ctrlKey: true })).toBe('mod+z');
    expect(nameOfKey({ ...plain, key: 'ö', code: 'Semicolon' })).toBe('ö');
    expect(nameOfKey({ ...plain, key: '/', code: 'KeyQ' })).toBe('/');
  });
});

describe('keys of the page', () => {
  test('are those of whoever came last, until it has gone', () => {
    const registry = createKeyRegistry();
    registry.add({ title: 'Page', bindings: [does('r', 'Replay')] });
    const leave = registry.add({ title: 'Drawer', bindings: [does(['r', 'f5'], 'Refresh')] });
    expect(registry.find('r')?.label).toBe('Refresh');
    leave();
    expect(registry.find('r')?.label).toBe('Replay');
    expect(registry.find('f5')).toBeUndefined();
  });

  test('answer to nothing where there is no key: the palette offers them', () => {
    const registry = createKeyRegistry();
    const pause: KeyBinding = { label: 'Pause', run: () => undefined };
    registry.add({ title: 'Page', bindings: [pause] });
    expect(registry.groups()[0]?.bindings).toEqual([pause]);
    expect(registry.find('p')).toBeUndefined();
    expect(registry.find('')).toBeUndefined();
  });

  test('are silent while somebody types, but for those that no field has a use for', () => {
    const registry = createKeyRegistry();
    registry.add({ title: 'Page', bindings: [{ ...does('mod+s', 'Publish'), whileTyping: true }] });
    registry.add({ title: 'Drawer', bindings: [does('mod+s', 'Keep'), does('r', 'Replay')] });
    expect(registry.find('mod+s')?.label).toBe('Keep');
    expect(registry.find('mod+s', true)?.label).toBe('Publish');
    expect(registry.find('r', true)).toBeUndefined();
  });

  test('that are switched off let those below them through', () => {
    const registry = createKeyRegistry();
    registry.add({ title: 'Page', bindings: [does('c', 'Cancel')] });
    registry.add({ title: 'Drawer', bindings: [{ ...does('c', 'Copy'), disabled: true }] });
    expect(registry.find('c')?.label).toBe('Cancel');
  });
});

test('a single key is one that types something, with nothing but Shift held', () => {
  expect(['j', 'shift+x', '?'].every(isSingleKey)).toBe(true);
  expect(['mod+k', 'alt+j', 'up', 'shift+down', 'enter', 'esc', 'space'].some(isSingleKey)).toBe(false);
});
