// Reads as much of a workbook as tests need: the texts of its parts, by their names in the zip.

import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

/** Parts of a file: Map of name to text. It fails where the file is no whole zip. */
export function partsOf(path) {
  const zip = readFileSync(path);
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  const [count, start] = [zip.readUInt16LE(end + 10), zip.readUInt32LE(end + 16)];
  const parts = new Map();
  for (let at = start, done = 0; done < count; done++) {
    const [size, name, extra, comment, local] = [zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32), zip.readUInt32LE(at + 42)];
    const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const bytes = zip.subarray(data, data + size);
    parts.set(zip.toString("utf8", at + 46, at + 46 + name), (zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(bytes) : bytes).toString());
    at += 46 + name + extra + comment;
  }
  return parts;
}

/** Rows of each sheet, the head included. */
export const rowsOf = (path) => [...partsOf(path)].filter(([name]) => name.startsWith("xl/worksheets/sheet")).map(([, text]) => text.split("<row ").length - 1);
