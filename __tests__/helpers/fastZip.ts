/**
 * The bytes of a ZIP as Ark writes one, of hundreds of thousands of entries in moments: without checksums, as Ark looks at
 * its own digests only.
 */
export function fastZip(entries: readonly (readonly [name: string, data: Uint8Array])[]): Buffer {
  const files: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, data] of entries) {
    const named = Buffer.from(name);
    const header = Buffer.alloc(30 + named.length);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(10, 4);
    header.writeUInt16LE(named.length === name.length ? 0 : 0x0800, 6);
    header.writeUInt32LE(data.length, 18);
    header.writeUInt32LE(data.length, 22);
    header.writeUInt16LE(named.length, 26);
    named.copy(header, 30);
    const record = Buffer.alloc(46 + named.length);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(0x032d, 4);
    header.copy(record, 6, 4, 30);
    record.writeUInt32LE(0x81a40020, 38);
    record.writeUInt32LE(offset, 42);
    named.copy(record, 46);
    files.push(header, data);
    directory.push(record);
    offset += header.length + data.length;
  }
  const records = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  const wide = entries.length >= 0xffff;
  end.writeUInt16LE(wide ? 0xffff : entries.length, 8);
  end.writeUInt16LE(wide ? 0xffff : entries.length, 10);
  end.writeUInt32LE(wide ? 0xffffffff : records.length, 12);
  end.writeUInt32LE(wide ? 0xffffffff : offset, 16);
  return Buffer.concat([
    ...files,
    records,
    ...(wide ? [wideEnd(entries.length, records.length, offset)] : []),
    end,
  ]);
}

function wideEnd(entries: number, size: number, offset: number): Buffer {
  const wide = Buffer.alloc(76);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(44n, 4);
  wide.writeUInt16LE(45, 12);
  wide.writeUInt16LE(45, 14);
  wide.writeBigUInt64LE(BigInt(entries), 24);
  wide.writeBigUInt64LE(BigInt(entries), 32);
  wide.writeBigUInt64LE(BigInt(size), 40);
  wide.writeBigUInt64LE(BigInt(offset), 48);
  wide.writeUInt32LE(0x07064b50, 56);
  wide.writeBigUInt64LE(BigInt(offset + size), 64);
  wide.writeUInt32LE(1, 72);
  return wide;
}
