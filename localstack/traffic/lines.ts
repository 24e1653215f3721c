import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { TrafficFileError } from './usage-row.ts';

/** A longer line is no record of anything, and must not fill the memory. */
export const MAX_LINE_BYTES = 1_048_576;

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line break and, on the first line, without a byte order mark. Empty where `isTooLong`. */
  readonly text: string;
  readonly isTooLong: boolean;
}

/** The lines of a file, plain or gzip, a piece of the file at a time. `onBytes` sees the unzipped bytes as they pass. */
export async function* readLines(
  path: string,
  onBytes?: (bytes: Buffer) => void,
): AsyncGenerator<Line> {
  let number = 0;
  let pieces: Buffer[] = [];
  let pieceBytes = 0;
  const take = (last: Buffer): Line => {
    number += 1;
    const isTooLong = pieceBytes + last.length > MAX_LINE_BYTES;
    const text = isTooLong ? '' : textOf(Buffer.concat([...pieces, last]), number === 1);
    pieces = [];
    pieceBytes = 0;
    return { number, text, isTooLong };
  };

  for await (const chunk of readBytes(path)) {
    onBytes?.(chunk);
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      yield take(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) {
      pieceBytes += chunk.length - start;
      if (pieceBytes <= MAX_LINE_BYTES) pieces.push(chunk.subarray(start));
      else pieces = [];
    }
  }
  if (pieceBytes > 0) yield take(Buffer.alloc(0));
}

function textOf(bytes: Buffer, isFirst: boolean): string {
  const text = bytes.toString('utf8');
  const start = isFirst && text.startsWith('\uFEFF') ? 1 : 0;
  return text.endsWith('\r') ? text.slice(start, -1) : text.slice(start);
}

async function* readBytes(path: string): AsyncGenerator<Buffer> {
  try {
    const [first, second] = await firstBytes(path);
    if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
      throw new TrafficFileError(`${path} is UTF-16; save it as UTF-8.`);
    }
    const file = createReadStream(path);
    const isGzip = first === 0x1f && second === 0x8b;
    // The loop below sees the errors of both streams: pipeline destroys the last one with them.
    yield* isGzip ? pipeline(file, createGunzip(), () => {}) : file;
  } catch (error) {
    throw sentenceOf(error, path);
  }
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function sentenceOf(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOENT') return new TrafficFileError(`There is no file ${path}.`);
  if (code === 'EISDIR') return new TrafficFileError(`${path} is a folder, not a file.`);
  if (code === 'EACCES') return new TrafficFileError(`${path} may not be read.`);
  if (code === 'Z_BUF_ERROR')
    return new TrafficFileError(`${path} ends in the middle: the gzip is cut off.`);
  if (code.startsWith('Z_')) return new TrafficFileError(`${path} is a damaged gzip file.`);
  return error;
}
