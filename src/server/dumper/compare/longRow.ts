import { createHash, type Hash } from 'node:crypto';

/** A value that is not kept: its beginning, and what it is known by. */
export interface Cut {
  readonly head: string;
  readonly bytes: number;
  /** Of the whole value. */
  readonly sha256: string;
}

/** Bytes as characters from 0 to 255; null is NULL. */
export type Value = string | Cut | null;

/** Bytes of a value that are kept, and of one with more of them. */
export const [WHOLE, HEAD] = [128 * 1024, 4 * 1024];

/** Takes one row of CSV apart that is too long to be kept; memory holds of each value what a Value is. */
export class LongRow {
  readonly #values: Value[] = [];
  #state: 'begins' | 'plain' | 'quoted' | 'after' = 'begins';
  #wasQuoted = false;
  #parts: string[] = [];
  #bytes = 0;
  /** Of that in `#parts`. */
  #waiting = 0;
  #cut: { readonly hash: Hash; readonly head: string } | undefined;

  /** Without the line feed at the row's end. */
  add(text: string): void {
    let at = 0;
    while (at < text.length) {
      if (this.#state === 'quoted') {
        const quote = text.indexOf('"', at);
        this.#keep(text.slice(at, quote < 0 ? text.length : quote));
        at = quote < 0 ? text.length : quote + 1;
        if (quote >= 0) this.#state = 'after';
      } else if (text[at] === ',') {
        this.#end();
        at += 1;
      } else if (text[at] === '"' && this.#state !== 'plain') {
        // A doubled quote inside a value is one quote of it.
        if (this.#state === 'after') this.#keep('"');
        this.#wasQuoted = true;
        this.#state = 'quoted';
        at += 1;
      } else if (this.#state === 'after') {
        throw new Error('a field goes on after its end');
      } else {
        const comma = text.indexOf(',', at);
        const end = comma < 0 ? text.length : comma;
        this.#keep(text.slice(at, end));
        this.#state = 'plain';
        at = end;
      }
    }
  }

  end(): Value[] {
    if (this.#state === 'quoted') throw new Error('a field has no end');
    this.#end();
    return this.#values;
  }

  #keep(part: string): void {
    this.#bytes += part.length;
    this.#parts.push(part);
    this.#waiting += part.length;
    // Not part by part: of a text full of quotes each is a character or two.
    if (this.#waiting > WHOLE) this.#tell();
  }

  #tell(): void {
    const text = this.#parts.join('');
    this.#cut ??= { hash: createHash('sha256'), head: own(text.slice(0, HEAD)) };
    this.#cut.hash.update(text, 'latin1');
    this.#parts = [];
    this.#waiting = 0;
  }

  #end(): void {
    if (this.#cut) this.#tell();
    this.#values.push(
      this.#cut
        ? { head: this.#cut.head, bytes: this.#bytes, sha256: this.#cut.hash.digest('hex') }
        : this.#bytes === 0 && !this.#wasQuoted
          ? null
          : own(this.#parts.join('')),
    );
    this.#state = 'begins';
    this.#wasQuoted = false;
    this.#parts = [];
    this.#bytes = 0;
    this.#waiting = 0;
    this.#cut = undefined;
  }
}

/** Of a value as much as is shown. */
export const shortened = (value: Value): Value =>
  typeof value !== 'string'
    ? value
    : value.length <= HEAD
      ? own(value)
      : {
          head: own(value.slice(0, HEAD)),
          bytes: value.length,
          sha256: createHash('sha256').update(value, 'latin1').digest('hex'),
        };

/** A part of a text keeps all of it in memory. */
const own = (part: string): string => Buffer.from(part, 'latin1').toString('latin1');
