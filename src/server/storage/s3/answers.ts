import type { S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { readXml, unreadable, XmlFault } from '../xml';

/** A page of 500 keys, each as long as can be, is smaller; the SDK takes it in at once, while everybody waits. */
const MOST_ANSWER = 1024 * 1024;
/** Longer pages are no errors of S3's. */
const MOST_ERROR = 64 * 1024;

/** What comes between the SDK and an answer: the last of the kinds that its stack takes. */
type AnswerMiddleware = Parameters<S3Client['middlewareStack']['add']>[0];

interface Answer {
  statusCode: number;
  body: unknown;
}

/**
 * The SDK takes answers whole and at once, however large they are. So they are read here first: bounded, without
 * document types, and the SDK gets what is an answer of S3's. Bodies of objects pass as they are.
 */
export function boundedAnswers(address: string): AnswerMiddleware {
  return (next, context) => async (args) => {
    const result = await next(args);
    const answer = result.response as Answer;
    const failed = answer.statusCode >= 300;
    if (!(answer.body instanceof Readable)) return result;
    if (!failed && context.commandName === 'GetObjectCommand') return result;
    try {
      answer.body = Readable.from([await bounded(answer.body, failed ? MOST_ERROR : MOST_ANSWER)]);
    } catch (error) {
      if (!(error instanceof XmlFault)) throw error;
      if (!failed) throw unreadable('Asking', address, error);
      // The status says enough; a page of somebody else's is not repeated.
      answer.body = Readable.from([Buffer.alloc(0)]);
    }
    return result;
  };
}

async function bounded(body: Readable, most: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  async function* kept(): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      pieces.push(piece);
      yield piece;
    }
  }
  try {
    await readXml(kept(), {}, most);
  } catch (error) {
    if (pieces.every((piece) => piece.length === 0)) return Buffer.alloc(0);
    throw error;
  } finally {
    body.destroy();
  }
  return Buffer.concat(pieces);
}
