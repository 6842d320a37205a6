// Renders src-tauri/icons from its two SVG sources: `node scripts/icons.mjs`.
//
// Needed only after the drawing changed. Uses rsvg-convert, ImageMagick and the Tauri CLI.
// Sizes up to 32 pixels come from icon-small.svg, which is drawn on the pixel grid; a scaled-down
// icon.svg would blur there.

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run, tauri } from './lib/run.mjs';

const icons = join(root, 'src-tauri', 'icons');
const temp = mkdtempSync(join(tmpdir(), 'gossamer-icons-'));

async function render(source, size, target) {
  await run('rsvg-convert', ['-w', String(size), join(icons, source), '-o', target]);
  return target;
}

try {
  await render('icon-small.svg', 32, join(icons, '32x32.png'));
  await render('icon.svg', 128, join(icons, '128x128.png'));
  await render('icon.svg', 256, join(icons, '128x128@2x.png'));
  await render('icon.svg', 512, join(icons, 'icon.png'));

  const windows = [];
  for (const size of [16, 24, 32]) {
    windows.push(await render('icon-small.svg', size, join(temp, `${size}.png`)));
  }
  for (const size of [48, 64, 256]) {
    windows.push(await render('icon.svg', size, join(temp, `${size}.png`)));
  }
  await run('convert', [...windows, join(icons, 'icon.ico')]);

  const large = await render('icon.svg', 1024, join(temp, '1024.png'));
  await tauri(['icon', large, '--output', join(temp, 'tauri')]);
  copyFileSync(join(temp, 'tauri', 'icon.icns'), join(icons, 'icon.icns'));
} finally {
  rmSync(temp, { recursive: true, force: true });
}
