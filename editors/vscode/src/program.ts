// Where a program is.

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** The file that a name or a path means, if it is there and can be run. */
export async function findProgram(wanted: string): Promise<string | undefined> {
  const places = isAbsolute(wanted) || /[\\/]/.test(wanted) ? [wanted] : onPath(wanted);
  const endings = process.platform === 'win32' ? ['', '.exe'] : [''];
  for (const place of places) {
    for (const ending of endings) {
      if (await isProgram(place + ending)) return place + ending;
    }
  }
  return undefined;
}

function onPath(name: string): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name));
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
