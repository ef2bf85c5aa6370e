/** @file Write the demo scores: `node tools/scores/write.mjs`. */
import { writeFileSync } from "node:fs";
import { toMusicXml } from "./musicxml.mjs";
import { pieces } from "./pieces.mjs";

for (const piece of pieces) {
  writeFileSync(new URL(`../../data/scores/${piece.file}`, import.meta.url), toMusicXml(piece));
  console.log(`data/scores/${piece.file}`);
}
