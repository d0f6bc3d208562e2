import { createHash, type Hash } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import { readsAs } from '../rows/csvFields';

const [QUOTE, COMMA, LF] = [0x22, 0x2c, 0x0a];

/** Stands where a value would be that nobody is to see. */
export const MASKED = Symbol('masked');

export interface Cell {
  /** As it is in the archive; of a value that is cut its beginning, in whole characters. */
  readonly text: string;
  /** Of the whole value. */
  readonly bytes: number;
  /** SHA-256 of the whole value, where `text` is not all of it. */
  readonly cut?: string;
  /** Its bytes are no UTF-8: `text` has others in their place. */
  readonly replaced?: true;
}

/** What is read of a field; null is NULL. */
export type Read = Cell | null | typeof MASKED;

/** What a row has to be like. Values are compared as wholes, also those that are cut where they are shown. */
export interface Wanted {
  /** By column: its value is that text (`''`: or NULL), or `also` says that it will do. */
  readonly where: readonly {
    readonly at: number;
    readonly value: string;
    readonly also?: (text: string) => boolean;
  }[];
  /** In small letters: a part of any value. */
  readonly search?: string | undefined;
  /** By column values that are found too, for what they are called has the text. */
  readonly called?: ReadonlyMap<number, ReadonlySet<string>> | undefined;
}

export interface CellsOptions {
  /** For each column of the CSV: its values are dropped as they come. */
  readonly masked: readonly boolean[];
  /** Bytes of a value that are kept. */
  readonly most: number;
  readonly wanted?: Wanted | undefined;
  /** Each row that is as it is wanted, with its place among all that came. */
  readonly take: (cells: Read[], at: number) => void;
}

/**
 * Takes CSV apart that comes in pieces. Memory holds one row, of each value not more than `most` bytes; the values of a
 * masked column are not kept, compared or searched: they end here.
 */
export class Cells {
  readonly #fields: Field[];
  #at = 0;
  #state: 'begins' | 'plain' | 'quoted' | 'after' = 'begins';
  #rows = 0;

  constructor(private readonly options: CellsOptions) {
    const { masked, most, wanted } = options;
    this.#fields = masked.map((isMasked, at) => {
      const where = wanted?.where.filter((condition) => condition.at === at) ?? [];
      return isMasked
        ? new Field(0, [], undefined, true)
        : new Field(
            most,
            where.map(({ value }) => Buffer.from(value)),
            wanted?.search,
            false,
          );
    });
  }

  get rows(): number {
    return this.#rows;
  }

  add(piece: Uint8Array): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'quoted') {
        const quote = bytes.indexOf(QUOTE, at);
        const end = quote < 0 ? bytes.length : quote;
        this.#field().add(bytes.subarray(at, end));
        at = end + 1;
        if (quote >= 0) this.#state = 'after';
        continue;
      }
      const byte = bytes[at];
      if (this.#state === 'after' && byte === QUOTE) {
        // A doubled quote inside a field is one quote of it.
        this.#field().add(bytes.subarray(at, at + 1));
        this.#state = 'quoted';
        at += 1;
      } else if (byte === COMMA || byte === LF) {
        if (byte === COMMA) this.#at += 1;
        else this.#end();
        this.#state = 'begins';
        at += 1;
      } else if (this.#state === 'begins' && byte === QUOTE) {
        this.#field().quoted = true;
        this.#state = 'quoted';
        at += 1;
      } else if (this.#state === 'after') {
        throw new Error('a field goes on after its end');
      } else {
        let end = at;
        while (end < bytes.length && bytes[end] !== COMMA && bytes[end] !== LF) end += 1;
        this.#field().add(bytes.subarray(at, end));
        this.#state = 'plain';
        at = end;
      }
    }
    // What comes next may take the place of this piece in memory.
    for (const field of this.#fields) field.keep();
  }

  end(): void {
    if (this.#state === 'quoted') throw new Error('a field has no end');
    if (this.#state !== 'begins' || this.#at > 0) this.#end();
  }

  #field(): Field {
    const field = this.#fields[this.#at];
    if (field) return field;
    throw new Error(`a row has more fields than the ${this.#fields.length} columns`);
  }

  #end(): void {
    const columns = this.#fields.length;
    if (this.#at !== Math.max(0, columns - 1))
      throw new Error(`a row has ${this.#at + 1} fields, and there are ${columns} columns`);
    const place = this.#rows;
    this.#rows += 1;
    this.#at = 0;
    if (this.#fits())
      this.options.take(
        this.#fields.map((field) => field.read()),
        place,
      );
    for (const field of this.#fields) field.reset();
  }

  #fits(): boolean {
    const { wanted } = this.options;
    if (!wanted) return true;
    const asked = new Map<number, number>();
    for (const { at, value, also } of wanted.where) {
      const nth = asked.get(at) ?? 0;
      asked.set(at, nth + 1);
      const field = this.#fields[at];
      if (!field?.is(nth, value, also)) return false;
    }
    if (wanted.search === undefined) return true;
    return this.#fields.some((field, at) => field.contains(wanted.called?.get(at)));
  }
}

/** One column's value of the row that is being read. */
class Field {
  quoted = false;
  #parts: Buffer[] = [];
  #own = 0;
  #bytes = 0;
  #long: { hash: Hash; equals: Equals[]; contains: Contains | undefined } | undefined;

  constructor(
    private readonly most: number,
    private readonly where: readonly Buffer[],
    private readonly search: string | undefined,
    private readonly masked: boolean,
  ) {}

  add(part: Buffer): void {
    if (this.masked || part.length === 0) return;
    if (!this.#long && this.#bytes + part.length > this.most) this.#begin();
    if (this.#long) {
      this.#tell(part);
      if (this.#bytes < this.most) this.#parts.push(part.subarray(0, this.most - this.#bytes));
    } else this.#parts.push(part);
    this.#bytes += part.length;
  }

  /** From here on the value is more than is kept: what is asked of it is asked of each part. */
  #begin(): void {
    this.#long = {
      hash: createHash('sha256'),
      equals: this.where.map((value) => new Equals(value)),
      contains: this.search === undefined ? undefined : new Contains(this.search),
    };
    for (const part of this.#parts) this.#tell(part);
  }

  #tell(part: Buffer): void {
    this.#long?.hash.update(part);
    for (const equals of this.#long?.equals ?? []) equals.add(part);
    this.#long?.contains?.add(part);
  }

  /** Copies what is of a piece that may be gone by the next one. */
  keep(): void {
    if (this.#parts.length === this.#own) return;
    this.#parts = [Buffer.concat(this.#parts)];
    this.#own = 1;
  }

  #kept(): Buffer {
    const [first] = this.#parts;
    return this.#parts.length === 1 && first ? first : Buffer.concat(this.#parts);
  }

  is(nth: number, value: string, also: ((text: string) => boolean) | undefined): boolean {
    if (this.masked) return false;
    if (this.#long) return this.#long.equals[nth]?.same() ?? false;
    const kept = this.#kept();
    if (this.where[nth]?.equals(kept)) return true;
    return kept.length === 0 && !this.quoted ? value === '' : (also?.(kept.toString('utf8')) ?? false);
  }

  contains(called: ReadonlySet<string> | undefined): boolean {
    if (this.masked || this.search === undefined) return false;
    if (this.#long) return this.#long.contains?.there ?? false;
    if (this.#bytes === 0) return false;
    const text = this.#kept().toString('utf8');
    return text.toLowerCase().includes(this.search) || (called?.has(text) ?? false);
  }

  read(): Read {
    if (this.masked) return MASKED;
    if (this.#bytes === 0 && !this.quoted) return null;
    const kept = this.#kept();
    if (!this.#long) {
      const text = kept.toString('utf8');
      return { text, bytes: this.#bytes, ...(!readsAs(kept, text) && { replaced: true }) };
    }
    const text = new StringDecoder('utf8').write(kept);
    return { text, bytes: this.#bytes, cut: this.#long.hash.digest('hex') };
  }

  reset(): void {
    this.quoted = false;
    this.#parts = [];
    this.#own = 0;
    this.#bytes = 0;
    this.#long = undefined;
  }
}

/** Whether what comes in parts is that value. */
class Equals {
  #at = 0;
  #same = true;

  constructor(private readonly value: Buffer) {}

  add(part: Buffer): void {
    const end = this.#at + part.length;
    this.#same &&= end <= this.value.length && this.value.subarray(this.#at, end).equals(part);
    this.#at = end;
  }

  same(): boolean {
    return this.#same && this.#at === this.value.length;
  }
}

/** Whether a text is a part of what comes in parts. */
class Contains {
  there = false;
  readonly #decoder = new StringDecoder('utf8');
  #tail = '';

  constructor(private readonly search: string) {}

  add(part: Buffer): void {
    if (this.there) return;
    const text = this.#tail + this.#decoder.write(part).toLowerCase();
    this.there = text.includes(this.search);
    this.#tail = this.search.length > 1 ? text.slice(1 - this.search.length) : '';
  }
}
