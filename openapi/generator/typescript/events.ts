/** An event of a stream, before its data is read. */
export interface TextEvent {
  /** What kind of event it is; `message` if the server does not say. */
  event: string;
  data: string;
  /** The last id that the stream had up to this event. */
  id: string;
}

/**
 * Reads an event stream as the HTML standard has it (9.2.6), in pieces that may be cut anywhere.
 *
 * The decoder drops a byte order mark at the start, and keeps a character whose bytes come in two pieces.
 */
export class EventParser {
  /** The last id of the stream, to go on from; also ids without an event count. */
  lastEventId = '';
  /** How many milliseconds the server wants to pass before the next connection, once it has said so. */
  retry: number | undefined;

  #decoder = new TextDecoder();
  #line = '';
  #afterReturn = false;
  #event = '';
  #data: string[] = [];
  #id = '';

  /** Goes on after the given id. */
  constructor(lastEventId = '') {
    this.lastEventId = this.#id = lastEventId;
  }

  /** The events that end in this piece. What is cut off at the end of the stream is none. */
  feed(piece: Uint8Array): TextEvent[] {
    const text = this.#decoder.decode(piece, { stream: true });
    // Of a line end that is cut in two, the second half is no line of its own.
    const rest = this.#afterReturn && text.startsWith('\n') ? text.slice(1) : text;
    this.#afterReturn = text === '' ? this.#afterReturn : text.endsWith('\r');
    const lines = rest.split(/\r\n|\r|\n/);
    const events: TextEvent[] = [];
    for (const line of lines.slice(0, -1)) {
      const whole = this.#line + line;
      this.#line = '';
      const event = whole === '' ? this.#dispatch() : this.#field(whole);
      if (event) {
        events.push(event);
      }
    }
    this.#line += lines.at(-1) ?? '';
    return events;
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') {
      this.#event = value;
    } else if (name === 'data') {
      this.#data.push(value);
    } else if (name === 'id' && !value.includes('\0')) {
      this.#id = value;
    } else if (name === 'retry' && /^[0-9]+$/.test(value)) {
      this.retry = Number(value);
    }
  }

  #dispatch(): TextEvent | undefined {
    const [event, data] = [this.#event || 'message', this.#data];
    this.lastEventId = this.#id;
    this.#event = '';
    this.#data = [];
    return data.length === 0 ? undefined : { event, data: data.join('\n'), id: this.lastEventId };
  }
}
