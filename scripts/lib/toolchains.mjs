// What Windows and macOS need beyond Rust and Node.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, output } from './run.mjs';
import { note, step } from './say.mjs';

/** @throws {Failure} when Apple's command line tools are missing */
export function checkMac() {
  if (output('xcode-select', ['-p']) !== null) return;
  throw new Failure(
    "Apple's command line tools are needed (compiler and linker).\n" +
      'Run `xcode-select --install`, follow the window that opens, and try again.',
  );
}

/** The winget commands for what this Windows machine lacks. */
export function windowsNeeds(purposes) {
  const winget = (id, ...more) => ['winget', 'install', '--exact', '--id', id, ...more];
  const needs = [];
  if (!hasMsvc()) {
    const override =
      '--passive --wait --add Microsoft.VisualStudio.Workload.VCTools --includeRecommended';
    needs.push(winget('Microsoft.VisualStudio.2022.BuildTools', '--override', override));
  }
  if (purposes.includes('desktop') && !hasWebView2()) {
    needs.push(winget('Microsoft.EdgeWebView2Runtime'));
  }
  if (purposes.includes('tests') && output('python', ['--version']) === null) {
    needs.push(winget('Python.Python.3.12'));
  }
  if (needs.length === 0) return [];
  step('Some programs are missing');
  for (const need of needs) note(need[4]);
  if (output('winget', ['--version']) === null) {
    throw new Failure(
      'winget, which would install them, was not found. Install them by hand: ' +
        'https://v2.tauri.app/start/prerequisites/#windows',
    );
  }
  return needs.map((command) => ({ command }));
}

function hasMsvc() {
  const programs = process.env['ProgramFiles(x86)'] ?? 'C:\\Program Files (x86)';
  const vswhere = join(programs, 'Microsoft Visual Studio', 'Installer', 'vswhere.exe');
  const tools = 'Microsoft.VisualStudio.Component.VC.Tools.x86.x64';
  const query = ['-products', '*', '-requires', tools, '-property', 'installationPath'];
  return existsSync(vswhere) && Boolean(output(vswhere, query));
}

function hasWebView2() {
  const client = 'Microsoft\\EdgeUpdate\\Clients\\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}';
  const keys = [`HKLM\\SOFTWARE\\WOW6432Node\\${client}`, `HKCU\\Software\\${client}`];
  return keys.some((key) => output('reg', ['query', key, '/v', 'pv']) !== null);
}
