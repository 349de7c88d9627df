import assert from 'node:assert/strict';
import test from 'node:test';

import { EventParser } from '@keiyaku/sdk';
import type { TextEvent } from '@keiyaku/sdk';

/** Every rule of the standard at once, and characters of two, three and four bytes. */
const LINES = [
  '\uFEFFretry: 250',
  'id: 1',
  '',
  ': a comment',
  'event: job',
  'data: one',
  'data:  two',
  'data',
  'id: 2',
  '',
  'data:é日😀',
  'unknown: x',
  'retry: 1s',
  'id: a\0b',
  '',
  'event: nothing',
  'id:3',
  '',
  'data',
  '',
  'id',
  'data: without an id',
  '',
  'id: 9',
  'data: cut off',
];

const EVENTS: TextEvent[] = [
  { event: 'job', data: 'one\n two\n', id: '2' },
  { event: 'message', data: 'é日😀', id: '2' },
  { event: 'message', data: '', id: '3' },
  { event: 'message', data: 'without an id', id: '' },
];

function parse(pieces: Uint8Array[]): { events: TextEvent[]; parser: EventParser } {
  const parser = new EventParser();
  return { events: pieces.flatMap((piece) => parser.feed(piece)), parser };
}

for (const [name, end] of Object.entries({ LF: '\n', CR: '\r', CRLF: '\r\n' })) {
  const bytes = new TextEncoder().encode(LINES.join(end));

  test(`a stream with ${name}, cut at every byte`, () => {
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const { events, parser } = parse([bytes.slice(0, cut), bytes.slice(cut)]);
      assert.deepEqual(events, EVENTS, `cut at ${cut}`);
      assert.deepEqual([parser.retry, parser.lastEventId], [250, ''], `cut at ${cut}`);
    }
  });

  test(`a stream with ${name}, byte by byte`, () => {
    assert.deepEqual(parse([...bytes].map((byte) => Uint8Array.of(byte))).events, EVENTS);
  });
}

test('line ends of different kinds, and an empty piece between the two halves of one', () => {
  const pieces = ['data: a\r', '', '\n\r', '\ndata: b\n\r\n'].map((text) => new TextEncoder().encode(text));
  assert.deepEqual(parse(pieces).events.map(({ data }) => data), ['a', 'b']);
});

test('an id without an event counts, and so does the one to begin with', () => {
  const parser = new EventParser('7');
  const events = parser.feed(new TextEncoder().encode('data: x\n\nid: 8\n'));
  assert.deepEqual(events, [{ event: 'message', data: 'x', id: '7' }]);
  assert.equal(parser.lastEventId, '7', 'the block has not ended');
  parser.feed(new TextEncoder().encode('\n'));
  assert.equal(parser.lastEventId, '8');
});
