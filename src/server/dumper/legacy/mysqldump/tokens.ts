import { damaged } from '../../../errors/errors';
import { meant, quotedAt } from './strings';

/** `name`: in backticks; `word`: a bare one; `text`: in quotes; `number`, `hex`: without 0x; `sign`: anything else. */
export interface Token {
  readonly kind: 'name' | 'word' | 'text' | 'number' | 'hex' | 'sign';
  readonly value: string;
}

const TOKEN =
  /[\s]+|\/\*!\d*|\/\*M!\d*|\*\/|\/\*[^]*?\*\/|`((?:[^`]|``)*)`|0x([0-9A-Fa-f]*)(?![\w$])|([A-Za-z_\u0080-\u00ff][\w$\u0080-\u00ff]*)|(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|[^]/y;

/** Takes a statement apart, piece by piece; what is in a conditional comment is part of it. */
export class Tokens {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly doubled: boolean,
  ) {}

  /** Undefined at the end. */
  next(): Token | undefined {
    while (this.at < this.text.length) {
      if (this.text[this.at] === "'") {
        const { end, raw } = quotedAt(`${this.text} `, this.at, this.doubled);
        if (end < 0 || raw === '\0') throw damaged('cut-part', { part: 'data' });
        this.at = end;
        return { kind: 'text', value: meant(raw) };
      }
      const token = new RegExp(TOKEN);
      token.lastIndex = this.at;
      const [whole = '', name, hex, word, number] = token.exec(this.text) ?? [];
      this.at += whole.length;
      if (name !== undefined) return { kind: 'name', value: name.replaceAll('``', '`') };
      if (hex !== undefined) return { kind: 'hex', value: hex };
      if (word !== undefined) return { kind: 'word', value: word };
      if (number !== undefined) return { kind: 'number', value: number };
      if (whole.trim() === '' || whole.startsWith('/*') || whole === '*/') continue;
      return { kind: 'sign', value: whole };
    }
    return undefined;
  }

  all(): Token[] {
    const tokens: Token[] = [];
    for (let token = this.next(); token; token = this.next()) tokens.push(token);
    return tokens;
  }
}
